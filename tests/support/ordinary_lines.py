"""Ordinary lines that hold no secret but look a little like it: all of them must stay."""

from __future__ import annotations

import random

from support.secret_table import make_secret

_WRITTEN = r"""
token = self.next_token()
token: str | None = None
tokens: 182340, window: 1000000
max_tokens=20000
TOKEN_LIMIT = 200_000
token_count: 1234567890
password = getpass.getpass()
password: os.environ["DB_PASSWORD"]
password: process.env.DB_PASSWORD2
const password = process.env.PG_PASSWORD_2 ?? "";
secret = settings.SECRET_KEY_2
secret: ${{ secrets.DEPLOY_KEY_01 }}
API_KEY=$API_KEY_FROM_ENV_01
API_KEY="${API_KEY:-}"
api_key=<your-api-key-01>
ANTHROPIC_API_KEY=your-api-key-here
OPENAI_API_KEY=sk-...
export GITHUB_TOKEN=$(gh auth token)
export AWS_SECRET_ACCESS_KEY=xxxxxxxxxxxxxxxxxxxx
GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}
token=[redacted: secret]
password_file: /run/secrets/db_password_01
POSTGRES_PASSWORD_FILE=/run/secrets/postgres-passwd
token_url: https://example.com/oauth2/token1
private_key = ~/.ssh/id_ed25519
private_key_path: ./keys/server-2024.pem
password: changeme
password: ""
password: null
PASSWORD=changeme
if password == expected_password:
if not hmac.compare_digest(token, expected_token_2):
def test_password_reset_token_2() -> None:
assert response.json()["token"] == user.api_token_v2
class TokenRefreshError(Exception):
type AccessToken = z.infer<typeof accessTokenSchema>;
public readonly apiKey: string;
privateKey: Uint8Array
  ownerPrivateKey: Uint8Array,
const privateKey = secp256k1.utils.randomPrivateKey();
idToken: cipherboxJwt,
body: JSON.stringify({ idToken: googleIdToken }),
handoff write --for claude-opus-5-5 --label tokens
cmd --token-limit 20000
cmd --password-file ./x/db_pass_01
config --shell pwsh --pwd "C:/Users/someone" | cat -v
docker run -u 1000:1000 alpine id
curl -u "$USER:$PASSWORD" https://example.com
curl -H "Authorization: Bearer $TOKEN" https://example.com
curl -H "Authorization: Bearer ${API_TOKEN_2}" https://example.com
curl -H "Authorization: Bearer <token>" https://example.com
headers["Authorization"] = f"Bearer {token}"
Authorization: Bearer YOUR_ACCESS_TOKEN
wget --password="$PW" https://example.com/x.tar.gz
mysql -u root -p"$MYSQL_ROOT_PASSWORD"
git@github.com:owner/project.git
git clone https://github.com/owner/project.git
https://github.com/owner/project/pull/12
https://example.com:8080/a@2x.png
http://127.0.0.1:8080/v1/messages
postgres://postgres:postgres@localhost:5432/app
postgresql://user:password@localhost/db
redis://localhost:6379/0
mongodb://${DB_USER}:${DB_PASS}@db.internal:27017/app
amqp://guest:guest@rabbit:5672//
https://user:<password>@example.com/
user@example.com
npm install --save-dev @types/node@20.11.30
.sk-folding-cube-container { color: red }
<div class="sk-fading-circle-with-dots">
risk-based-authentication-with-many-words
the sk_buff_head_init function
npm_config_registry and npm_lifecycle_event
pypi-publish-action-for-releases
hf_hub_download(repo_id)
-----BEGIN CERTIFICATE-----
-----BEGIN PUBLIC KEY-----
if "-----BEGIN PRIVATE KEY-----" in text:
re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----")
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ user@host
the bearer of this letter, and the bearer token
import secrets; secrets.token_hex(16)
secrets.token_urlsafe(32)
| token | kind |
| `api_key` | the key of the service |
Basic usage: run it
The token refresh race is in auth/token.py.
Rotate the API key in the console, then set ANTHROPIC_API_KEY.
The password must have at least 12 characters and 2 digits.
The secret is that there is no secret.
Passwords are hashed with argon2id, tokens with sha256.
We moved from HS256 to RS256 for the session token.
He said the key is in the drawer next to room B12.
The key insight: context grows by 2.5k tokens a turn.
A token costs $3 per million, cached ones $0.30.
Access denied for key `users/42/avatar.png`
KeyError: 'session_token_expires_at'
ValueError: invalid literal for int() with base 10: 'token'
TypeError: Cannot read properties of undefined (reading 'accessToken')
error TS2339: Property 'apiKey2' does not exist on type 'Config2'.
WARN [auth] token expired at 2026-11-22T07:38:12.123Z, refreshing
INFO  2026-11-22 10:31:45,123 request_id=7f3c9a client=10.0.0.12 status=200
127.0.0.1 - - [22/Nov/2026:10:31:45 +0000] "GET /token HTTP/1.1" 200 512
Nov 22 10:31:45 host sshd[1234]: Accepted publickey for root from 10.0.0.1 port 51234 ssh2
FAILED tests/unit/test_auth.py::test_token_2_is_refreshed - AssertionError
tests/unit/test_redact.py::test_a_known_shape_is_found_anywhere[use {} here] PASSED
PASS src/auth/token.test.ts (5.123 s)
collected 1794 items / 3 deselected / 1791 selected
Successfully installed cryptography-46.0.6 pyjwt-2.10.1
Downloading cryptography-46.0.6-cp311-abi3-manylinux_2_28_x86_64.whl (4.3 MB)
mypy-1.20.0-cp314-cp314t-manylinux2014_x86_64.manylinux_2_17_x86_64.whl
github.com/golang/freetype v0.0.0-20170609003504-e2365dfdc4a0 // indirect
golang.org/x/crypto v0.31.0 h1:ihbySMvVjLAeSH1IbfcRTkD/iNscyz8rGzjF/E5hV6U=
added 1203 packages, and audited 1204 packages in 31s
node_modules/.pnpm/@babel+core@7.26.0_supports-color@8.1.1/node_modules/@babel/core
dist/assets/index-Bx7kQ2fL.js   142.31 kB │ gzip: 45.92 kB
chunk-4F2NQ7XK.js  12.3kb
webpack://app/./src/auth/token.ts?a1b2
/usr/lib/python3.11/site-packages/keyring/backends/SecretService.py
C:\Users\someone\AppData\Local\Temp\claude\tasks\output.txt
/var/folders/w0/cd8qgn052r16zsblrrxl1gxw0000gn/T/rustcabc/symbols.o
/nix/store/q3wx1gab2ysnk5nyvyyg56ana2v4r2ar-glibc-2.24/lib/libc.so.6
drwxr-xr-x  3 root root  4096 Nov 22 10:17 .mypy_cache
-rw-r--r-- 1 root root 13836 Nov 22 10:31 plugin/handoff/redact/words.py
@@ -120,7 +120,9 @@ def read_token(path: str) -> str:
+    token = read_token(os.path.join(home, "token_v2"))
-    api_key = config["api_key"]
diff --git a/auth/token.py b/auth/token.py
rename from docs/secrets.md
 2 files changed, 14 insertions(+), 3 deletions(-)
Merge branch 'fix-auth-race-9f3a' into main
20261122-073812-fix-auth-race-9f3a
ID = "20261122-073812-fix-9f3a"
version = "1.7.2"  # pinned, see #1234
requires-python = ">=3.10"
key: value
"key": "value"
key = "user:42:profile"
cache_key = f"{user_id}:{page}"
sort_key: created_at
"keyCode": 27,
"primaryKey": "id",
foreign_key: users.id
keyboard_shortcut = "Ctrl+Shift+P"
primary_key=True, autoincrement=True
partition_key: tenant_id#2026-11
public_key = load_pem_public_key(data)
KEY_UP, KEY_DOWN = 38, 40
auth: none
auth_method = "oauth2"
authType: "bearerToken"
authorization_endpoint: https://login.example.com/oauth2/v2.0/authorize
credentials: include
credentials: "same-origin"
"author": "Jane Doe <jane@example.com>"
signature: (token: string) => Promise<void>
def sign(key: bytes, msg: bytes) -> bytes:
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
HEX = "0123456789abcdef0123456789abcdef"
lorem = "aaaaaaaabbbbbbbbccccccccddddddddeeeeeeee"
assert encode("héllo wörld") == "aMOpbGxvIHfDtnJsZA=="
multimode('aabbbbccddddeeffffgg')
pat_str = str(pat, 'ISO-8859-1')
'HAVE_BROKEN_MBSTOWCS': 0,
CREATE_DEFAULT_ERROR_MODE = 0x04000000
CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1
DISABLE_AUTOUPDATER=1
LANG=C.UTF-8
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
PYTHONPATH=plugin TZ=Europe/Berlin pytest -q tests/unit
NODE_OPTIONS=--max-old-space-size=4096
DATABASE_URL=sqlite:///./app-2026.db
BASE64_PADDING = "===="
color: #a1b2c3; background: #0f0f0f;
rgba(12, 34, 56, 0.78)
0x1.999999999999ap-4
0x742d35Cc6634C0532925a3b844Bc9e7595f0bEb1
MAC 00:1B:44:11:3A:B7, IPv6 2001:0db8:85a3:0000:0000:8a2e:0370:7334
EAN 4006381333931, ISBN 978-3-16-148410-0
IBAN DE89 3704 0044 0532 0130 00
tel:+49-30-901820
2026-11-22T10:31:45.123456789Z
pod/web-7d9f8c6b5-x2k4j  1/1  Running  0  3d
arn:aws:iam::123456789012:role/deploy-role-prod
projects/my-project-123456/locations/europe-west1
s3://my-bucket-2026/path/to/file-0001.parquet
gs://bucket/a1/b2/c3/part-00000-of-00010.tfrecord
model: claude-opus-5-5-20261101
gpt-4o-mini-2024-07-18
bert-base-uncased-finetuned-sst-2-english
x86_64-unknown-linux-musl
utf8mb4_0900_ai_ci
TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
sha256rsa, prime256v1, secp256k1, x25519
MIIB is how a certificate begins
Set-Cookie: theme=dark; Path=/; Max-Age=31536000
Content-Type: application/x-www-form-urlencoded; charset=utf-8
ETag: W/"5e3-18c2f6a1b40"
x-request-id: 7f3c9a1e
<input type="password" name="password" autocomplete="new-password">
<label for="api-key-2">API key</label>
<add key="Timeout" value="30000" />
password = request.form.get("password")
password=$(pass show prod/db-2)
"password": {"type": "string", "minLength": 12},
password_hash = bcrypt.hashpw(password, salt)
PasswordHasher(time_cost=3, memory_cost=65536)
secretName: tls-cert-prod-2026
secretKeyRef: {name: db-credentials, key: password}
kind: Secret
apiVersion: v1
vault kv get -field=password secret/prod/db-2
op read "op://prod/db-2/password"
aws secretsmanager get-secret-value --secret-id prod/db-2
gcloud secrets versions access latest --secret=db-pass-2
ssh -i ~/.ssh/id_rsa_2 deploy@10.0.0.12
gpg --export-secret-keys 0x1A2B3C4D
token.split(".")[1] + "=" * (-len(token) % 4)
Math.random().toString(36).slice(2)
for (const [key, value] of Object.entries(headers2)) {
lambda key: (key[1], -key[0])
d["token"] = d.pop("access_token", None)
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token")
app.config.from_prefixed_env("SECRET_KEY")
tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")
tokens_per_second: 1234.56
"""

# Templates of `secret_table.made`: digests, commits and ids as they stand in real files.
_GROWN = (
    '      "integrity": "sha512-{B86}==",',
    "    resolution: {{integrity: sha512-{B86}==}}",
    '    {{ url = "https://files.example/packages/{h2}/{h2}/{h60}/x-1.0.tar.gz", hash = "sha256:{h64}" }},',
    "golang.org/x/net v0.0.0-20190503192946-f4e77d36d62c/go.mod h1:{B43}=",
    'checksum = "{h64}"',
    "commit {h40}",
    "Merge pull request #42 ({h40})",
    "The token refresh was fixed in {h40}.",
    "Fix the password reset (commit {h40})",
    "index {h7}..{h7} 100644",
    "image: registry.example/app@sha256:{h64}",
    "  resolved https://registry.example/x.tgz#{h40}",
    '"session_id": "{U}",',
    "/tmp/claude/-work-main/{U}/tasks/{h17}.output",
    "request {U} took 12 ms",
    "trace_id={h32} span_id={h16}",
    "toolu_{w24}",
    "msg_{w24}",
    "req_{w24}",
    '"tool_use_id": "toolu_{w24}"',
    "ETag: \"{h32}\"",
    "{h64}  dist/handoff-1.0.tar.gz",
    "md5:{h32}",
    "--hash=sha256:{h64} \\",
    "narHash = \"sha256-{B43}=\";",
    "Layer {h12}: Pull complete",
    "<script integrity=\"sha384-{B64}\" src=\"/x.js\">",
    "SHA256:{B43} user@host (ED25519)",
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB{B200} user@host",
    '"node_id": "{w24}",',
    "data:image/png;base64,{B120}",
    "https://docs.google.com/document/d/{w44}/edit",
)  # fmt: skip


def lines() -> list[str]:
    """All of them, the grown ones three times with other characters."""
    chance = random.Random(7)
    grown = [
        make_secret(template, chance).replace("{{", "{").replace("}}", "}")
        for template in _GROWN
        for _ in range(3)
    ]
    return [line for line in _WRITTEN.splitlines() if line] + grown
