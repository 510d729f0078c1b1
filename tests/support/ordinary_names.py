"""What names a key, a secret or a password and is none, or stands near one: all of it must stay."""

from __future__ import annotations

LINES = r"""
  # Create a new secret named my-secret with key1=supersecret and key2=topsecret
  kubectl create secret generic my-secret --from-literal=key1=supersecret --from-literal=key2=topsecret
  kubectl create secret docker-registry my-secret --docker-server=DOCKER_REGISTRY_SERVER --docker-username=DOCKER_USER --docker-password=DOCKER_PASSWORD --docker-email=DOCKER_EMAIL
  kubectl create secret generic my-secret --from-literal=passphrase=topsecret --from-file=ssh-privatekey=path/to/id_rsa
  kubectl create token myapp --bound-object-uid 0d4691ed-659b-4935-a832-355f77ee47cc
kubectl create secret generic db --from-literal=username=devuser --from-literal=password='<your-password>'
    --from-literal=[]:
	Specify a key and literal value to insert in secret (i.e. mykey=somevalue)
kubectl create secret generic NAME [--from-file=[key=]source] [--from-literal=user1=pass1word] [--dry-run=client]
0b4de1ff93c1 commit refs/heads/renovate/npm/auth2client-4.15.10
dist/session.js:41:  secret = (_config$env$TOKEN2 = config.env.TOKEN) !== null && _config$env$TOKEN2 !== void 0
kubectl create secret tls my-tls --cert=path/to/tls.cert --key=path/to/tls.key
-----------------------------------------------------------------
|                        ListAccessKeys                         |
            "CreateDate": "2024-03-11T09:14:32+00:00",
            "CreateDate": "2024-03-11T09:14:32Z"
"AccessKeyLastUsed": {"LastUsedDate": "2025-11-02T17:20:00Z", "ServiceName": "s3", "Region": "eu-central-1"}
access_key_1_last_rotated,2025-08-19T07:31:12+00:00
access key created 2025-08-19T07:31:12.482Z
access key last used 2025-08-19T07:31:12.482193+00:00
API key expires 2026-01-31T23:59:59.000000Z
token expires_at: 2025-08-19T07:31:12.482193Z
"node_id": "MDEwOlJlcG9zaXRvcnkxMjk2MjY5"
  id: PR_kwDOABCD12M5xYz8Qw
"id": "I_kwDOLbRk3c6QmX2a9Z"
  "node_id": "R_kgDOK9x7Tw",
gh api graphql -f id=PVT_kwDOBx7Z2s4Alp9c
{"data":{"node":{"id":"PVTI_lADOBx7Z2s4Alp9czgKf3Qw"}}}
"headRefOid":"9f2b1c", "id":"PR_kwDOGx8fWc5tBq1R", "number": 18
"global_node_id": "U_kgDOBmZ2Jw"
"id": "MDExOlB1bGxSZXF1ZXN0NDI3NDM0MzE="
"id": "C_kwDOGx8fWdoAKDNmYjFhMmY4ZDdlNmM1YjRhM2YyZTFkMGM5YjhhNzY1NDMyMTBmZWQ"
job_01j9zq3m8v7x2k4t6w8y0r5n1p finished
"request_id": "req_01hzx4m2c8q7v9k3t5w6y1r0np"
run_01jbk3q9m7v5x2z8t4w6y0r1nc queued
event=evt_01j8zq3m8v7x2k4t6w8y0r5n1p token_count=120
user_01j9zq3m8v7x2k4t6w8y0r5n1p signed in with password
typeid prefix_01h455vb4pex5vsknk084sn02q is valid
account_01h2xcejqtf2nbrexx3vqjhp41 has an API key
origin/feature/oauth2-token-refresh-4821
refs/heads/dependabot/npm_and_yarn/jsonwebtoken-9.0.2
git checkout -b fix/secret-scan-PROJ-1842-retry2
https://github.com/acme/app/tree/renovate/api-key-rotation-Xk29fQ
remote: Create a pull request for 'bugfix/TokenExpiry2Hk7Wq' on GitHub by visiting:
secret = clientSecretFromEnv2
secret = hashSecretV2(user)
secret = base64UrlDecode
const secret = generateSecret256
secret = TOTP_SECRET_B32
let secret = deriveKeyHkdfSha256;
clientSecret = appSettings.OAuth2ClientSecret
secret = jwtSecretProvider.Get()
secret = K8sSecretRef
password = Pbkdf2PasswordHasherV3
token = parseJwtRS256
secret = s3Cfg
https://avatars.githubusercontent.com/u/12345678?s=80&v=4
https://lh3.googleusercontent.com/a/ACg8ocKqW3mYx7T9vRz2bLhN5sPdFgJk1Q=s96-c
https://secure.gravatar.com/avatar/8f3b2c1d4e5a6f7b8c9d0e1f2a3b4c5d?s=200&d=identicon
https://www.gravatar.com/avatar/205e460b479e2e5b48aec07710c08d50
avatar_url: https://s.gravatar.com/avatar/9a1b2c3d4e5f60718293a4b5c6d7e8f9?size=64&default=retro
Cache restored from key: setup-node-Linux-x64-npm-7c1e9b0d5f3a8e2b4c6d
Cache restored from key: Linux-gradle-8f14e45fceea167a5a36dedd4bea2543
Cache restored successfully from key: v1-deps-main-3n7kQ2xV9pLwZ8sR4tYb6uHc1dGf5jAe=
restored from key: node-modules-x64-2f9c8e1a7b6d5c4f3e2a1b0c9d8e7f6a5b4c3d2e
Found a cache from build 4711 at deps-v2-kX2mQ9vL7pRtZ4sWb8nYc
Cache saved with key: cargo-Linux-1a2b3c4d5e6f7890abcdef1234567890abcdef12
cache hit for restore-key: pnpm-store-9e107d9d372bb6826bd81d3542a419d6
cache-key: pip-3.12-Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA
Cache not found for input keys: turbo-Linux-4b825dc642cb6eb9a060e54bf8d69288fbee4904
No cache found for key: ruby-3.3.1-gems-0cc175b9c0f1b6a831c399e269772661
Received 52428800 of 104857600 (50.0%), key: yarn-lock-c4ca4238a0b923820dcc509a6f75849b
  secretName: payments-db-credentials-6f9d8c7b5
  existingSecret: redis-auth-7c2k9x
  secretName: wildcard-example-com-tls-v2
  imagePullSecrets: [{name: regcred-x7k2p}]
  tokenSecretRef: {name: github-token-4hk82, key: token}
      secretKeyRef: {name: pg-app-user-9k2tz, key: password}
    passwordSecretRef:
      name: grafana-admin-5d7c9
      key: password
helm upgrade api ./chart --set auth.existingSecret=api-credentials-8f2k1
sh.helm.release.v1.payments-api.v27
secret/sh.helm.release.v1.ingress-nginx.v3 deleted
secret "db-credentials-7f9k2t" created
Warning: secret "tls-wildcard-2025q4" not found
vault login -method=oidc role=dev-readonly-01
vault login -method=aws role=ci-deployer2 region=eu-west-1
vault login -method=kubernetes role=payments-api-v2
aws sso login --profile prod-eu-2
az login --service-principal --tenant 72f988bf-86f1-41af-91ab-2d7cd011db47
gcloud auth login --cred-file=./sa-2024.json
docker login -u ci2 -p $REGISTRY_PASSWORD registry.example.com:5000
psql postgres://app:password@db2.internal:5432/app1
postgres://user:<password>@db-1.internal:6432/app
password: <password>@db-1:5432
jdbc:postgresql://db1:5432/app?user=app&password=changeme
mysql://root:password@127.0.0.1:3306/app2
the password is read by get_password2()
The password is loadPassword2().
The password is checked in verifyPasswordV2() before login.
The API key is passed to createClient2(), not to the model.
The token is claude-3-5-sonnet-20241022's limit
the password is gpt-4o-2024-08-06-only
The password is stored at db1.internal:5432
The password is in vault.prod2:8200
The password is bcryptjs@2.4.3
The password is hashed by argon2-cffi@23.1.0
The password hasher is passlib@1.7.4.
Das Passwort ist getPassword2()
Das Passwort wird in hashPasswordV2() geprüft.
Das Passwort ist db1.intern:5432
Das Passwort ist bcrypt@5.1.1
Le mot de passe est lirePasse2()
Le mot de passe est redis1.local:6379
Le mot de passe est argon2@0.31.2
La contraseña es obtenerClave2()
La contraseña es db2.local:3306
La contraseña es bcrypt@5.1.0
A senha é obterSenha2()
A senha é cache1.local:6379
A senha é bcrypt@5.1.0
Пароль это getPassword2()
Пароль: db1.local:5432
Пароль: bcrypt@5.1.0
パスワードはgetPassword2()です
パスワードはdb1.local:5432です
パスワードはbcrypt@5.1.0です
パスワードは claude-3-7-sonnet-20250219 です
密码是 getPassword2()
密码是 db1.local:5432
密码是 bcrypt@5.1.0
密码是gpt-4o-mini-2024-07-18
Mot de passe : v2.3.1-rc1
The password is 8-64 characters long
The password must be at least 12 characters
le mot de passe est de 12 caractères
the key is (user_id, 2024-01-01)
The key is user:42:profile_v2
The cache key is sess:9f2b:v3
The primary key is order_items2.id
The token is in localStorage["auth_v2"]
The password is never logged (see utils/log2.py:41)
The password for the admin is set in docker-compose.override2.yml
The password is the same as in ISO-27001:2022
The password reset mail is sent by mailer2@example.com
the secret is mounted at /var/run/secrets/db-2
password is sha512_crypt(rounds=5000)
ED25519 key fingerprint is SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU.
RSA key fingerprint is MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48
key fingerprint is SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8
debug1: Offering public key: /home/u/.ssh/id_ed25519 ED25519 SHA256:Kx9pQ2mV7tRzW4sLb8nYcD5fGhJkAeXuTiOqPlZvBn0 agent
Accepted publickey for deploy from 10.0.0.5 port 52144 ssh2: ED25519 SHA256:Kx9pQ2mV7tRzW4sLb8nYcD5fGhJkAeXuTiOqPlZvBn0
Failed password for invalid user oracle from 203.0.113.9 port 41822 ssh2
Failed password for root from 203.0.113.9 port 41822 ssh2
Nov 12 09:14:32 web1 sshd[28114]: pam_unix(sshd:auth): authentication failure; rhost=203.0.113.9  user=root
Container ID: 3f1b0c9f4e8d  token controller
x-request-id: 7f3b2c1d4e5a6f7b8c9d0e1f2a3b4c5d
traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
etag: W/"5e-Zk3qQ1wN8vXy2TbR7mLpF0cHdGs"
cf-ray: 8a1b2c3d4e5f6071-FRA
set-cookie: locale=en; Path=/
cid: bafybeihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku
ipnsName: 'k51qzi5uqu5dlvj2baxnqndepeb86cbk3ng7n3i46uzyxzyqj2xjonzllnv0v8',
Both depend on the configuration (`pwd: osc7/osc51/osc99`)
2. UAT complete: TC15-23 (login flows) and TC25-31
colors: {secretTokens: {glow: '#00D08466', text: '#0A0B0C'}}
> Content-Type: multipart/form-data; boundary=------------------------BWjmTmJN5HWFs24mXt08yg
posh print primary --shell bash --pwd "D:\\code2\\posh" --status 0
2026-07-14T09:37:07.2503165Z   persist-credentials: true
VITE_AUTH0_CLIENT_ID=BKBrLnxLHHqsis7NVyUhYoFB3RehqEziJRIW
accessToken: 'access-123',
"""
