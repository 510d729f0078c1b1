"""What tools print, written for the tests: none of it is a secret, all of it must stay."""

from __future__ import annotations

OUTPUT = r"""
$ kubectl get pods -A -o wide
NAMESPACE     NAME                                      READY   STATUS    RESTARTS   AGE   IP            NODE
kube-system   coredns-5dd5756b68-4xk7q                  1/1     Running   0          12d   10.244.0.3    gke-main-pool-1-8f3c2a91-x7tq
payments      api-6c8f9d7b5f-zq8xw                      1/1     Running   2          3h    10.244.1.19   ip-10-0-3-17.eu-west-1.compute.internal
payments      worker-7b9c6d5f4-m2v8k                    0/1     CrashLoopBackOff   17   3h   10.244.1.20   ip-10-0-3-18.eu-west-1.compute.internal
$ kubectl describe pod api-6c8f9d7b5f-zq8xw
Container ID:   containerd://3f1b0c9f4e8d7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b
Image ID:       docker.io/library/api@sha256:9b2a1f0e8d7c6b5a4f3e2d1c0b9a8f7e6d5c4b3a2f1e0d9c8b7a6f5e4d3c2b1a
    Environment:
      DB_PASSWORD:  <set to the key 'password' in secret 'db'>  Optional: false
      API_TOKEN:    <set to the key 'token' of config map 'api'>  Optional: true
    Mounts:
      /var/run/secrets/kubernetes.io/serviceaccount from kube-api-access-9xk2p (ro)
Volumes:
  kube-api-access-9xk2p:
    Type:                    Projected (a volume that contains injected data from multiple sources)
    TokenExpirationSeconds:  3607
    SecretName:  db-credentials-7f9k2t
QoS Class:                   BestEffort
$ kubectl get secrets
NAME                          TYPE                                  DATA   AGE
db-credentials-7f9k2t         Opaque                                3      12d
default-token-x7k2p           kubernetes.io/service-account-token   3      40d
sh.helm.release.v1.api.v14    helm.sh/release.v1                    1      3h
$ kubectl describe secret db-credentials-7f9k2t
Type:  Opaque
Data
====
password:  24 bytes
username:  5 bytes
secret/db-credentials-7f9k2t configured
deployment.apps/api unchanged
error: secret "db-credentials" not found
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  uid: 3c9a1f2e-7b64-4d0a-9f51-2e8b7c6d5a40
  resourceVersion: "184467440"
data:
  password_policy: minimum-12-characters
  LOG_LEVEL: information
  feature.flags: checkout-v2,search-beta
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      containers:
      - name: api
        envFrom:
        - secretRef:
            name: db-credentials-7f9k2t
        env:
        - name: DB_PASSWORD
          valueFrom:
            secretKeyRef:
              name: db-credentials-7f9k2t
              key: password
      imagePullSecrets:
      - name: registry-credentials-eu1
apiVersion: external-secrets.io/v1beta1
kind: ExternalSecret
spec:
  secretStoreRef:
    name: vault-backend-2
  data:
  - secretKey: password
    remoteRef:
      key: prod/payments/database2
      property: password
$ terraform plan
Terraform will perform the following actions:
  # aws_db_instance.main will be updated in-place
  ~ resource "aws_db_instance" "main" {
        id                           = "db-QXK7RZ2MJ4T6VWLN3YHB5CDEFG"
      ~ password                     = (sensitive value)
      ~ master_user_secret_kms_key_id = "arn:aws:kms:eu-west-1:123456789012:key/3c9a1f2e-7b64-4d0a-9f51-2e8b7c6d5a40" -> (known after apply)
        resource_id                  = "db-ABCDEFGHIJKL2345"
        manage_master_user_password  = true
    }
  # aws_secretsmanager_secret.api will be created
  + resource "aws_secretsmanager_secret" "api" {
      + arn                            = (known after apply)
      + name                           = "prod/payments/api-credentials-2"
      + recovery_window_in_days        = 30
    }
  # random_password.db will be created
  + resource "random_password" "db" {
      + bcrypt_hash = (sensitive value)
      + length      = 32
      + special     = true
    }
Plan: 2 to add, 1 to change, 0 to destroy.
aws_iam_role.api: Refreshing state... [id=payments-api-20260105101112345600000001]
aws_subnet.a: Refreshing state... [id=subnet-0a1b2c3d4e5f60718]
module.vpc.aws_vpc.this[0]: Refreshing state... [id=vpc-0f1e2d3c4b5a69788]
variable "db_password" {
  description = "Password of the database's administrator"
  type        = string
  sensitive   = true
}
password = var.db_password
password = random_password.db.result
secret_key = data.aws_ssm_parameter.secret_key.value
token = module.auth.tokens["ci"]
password = "${var.db_password}"
secret_string = jsonencode({ username = "app", password = random_password.db.result })
output "db_password" {
  value     = random_password.db.result
  sensitive = true
}
tokens = ["refresh", "access"]
token_reviewer_jwt = file("/var/run/secrets/kubernetes.io/serviceaccount/token")
provider registry.terraform.io/hashicorp/aws v5.31.0
    "h1:ltxyuBWIy9cq0kIKDJH1jeWJy/y7XJLjS4QrsQK4plA=",
    "zh:0cdb9c2083bf0902442384f7309367791e4640581652dda456f2d6d7abf0de8d",
#9 [builder 4/7] RUN npm ci --omit=dev
#9 sha256:3f1b0c9f4e8d7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b 12.58MB / 31.42MB 1.4s
#9 extracting sha256:9b2a1f0e8d7c6b5a4f3e2d1c0b9a8f7e6d5c4b3a2f1e0d9c8b7a6f5e4d3c2b1a 0.9s done
#9 DONE 14.2s
#12 exporting to image
#12 writing image sha256:1f2e3d4c5b6a79881f2e3d4c5b6a79881f2e3d4c5b6a79881f2e3d4c5b6a7988 done
#12 naming to ghcr.io/acme/payments-api:main-3f1b0c9 done
Step 5/9 : ARG BUILD_TOKEN
 ---> Running in 3f1b0c9f4e8d
Removing intermediate container 3f1b0c9f4e8d
 ---> 9b2a1f0e8d7c
Successfully built 9b2a1f0e8d7c
CONTAINER ID   IMAGE                 COMMAND                  CREATED        STATUS       PORTS                    NAMES
3f1b0c9f4e8d   postgres:16-alpine    "docker-entrypoint.s…"   2 hours ago    Up 2 hours   0.0.0.0:5432->5432/tcp   payments-db-1
WARN: SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ENV "DB_PASSWORD") (line 7)
npm warn deprecated inflight@1.0.6: This module is not supported
npm error code E401
npm error Incorrect or missing password.
npm error   https://docs.npmjs.com/creating-and-viewing-access-tokens
added 312 packages, and audited 313 packages in 14s
npm notice integrity:     sha512-YDjbn9fUhpzNc[...]lSaLoFQM1iCqg==
npm notice shasum:        4f2a9c1b7e6d5a3f8c0b9d2e1f4a7b6c5d8e9f01
+ @acme/ui@4.2.0-canary.20260105.3f1b0c9
➤ YN0000: ┌ Resolution step
  resolved "https://registry.yarnpkg.com/left-pad/-/left-pad-1.3.0.tgz#5b8a3a7765dfe001261dde915589e782f8c94d1e"
  integrity sha512-XI5MPzVNApjAyhQzphX8BkmKsKUxD4LdyK24iZeQGinBN9yTQT3bFlCBy/aVx2HrNcqQGsdot8ghrjyrvMCoEA==
tests/test_auth.py::test_password_reset_token_2 PASSED                   [ 12%]
tests/test_auth.py::TestTokens::test_expired_token_is_refused[eyJ-short] PASSED [ 25%]
FAILED tests/test_login.py::test_wrong_password - AssertionError: assert 'password_1' == 'password_2'
E       AssertionError: expected token 'access' but got 'refresh2'
=================== 1 failed, 211 passed, 3 skipped in 12.84s ===================
    at Object.<anonymous> (/app/node_modules/jsonwebtoken/verify.js:89:21)
    at async TokenService.refreshToken2 (file:///app/dist/token-service-BX7K2Q9P.mjs:114:9)
dist/assets/index-DiwrgTda.css    142.31 kB │ gzip: 21.04 kB
dist/assets/password-input-C8xKq2Vn.js   4.12 kB │ gzip: 1.80 kB
dist/assets/vendor-B7yQ3xT1.js  512.88 kB │ gzip: 160.20 kB
2026-01-05T10:11:12.345Z INFO  request_id=01hqz7x5k3v9m2n4p6r8s0t1w2 path=/login status=200
2026-01-05T10:11:12.345Z INFO  trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7 user_id=usr_01hqz7x5k3v9m2n4p6r8s0t1w2
job 01hqz7x5k3v9m2n4p6r8s0t1w2 queued behind 01hqz7x5k3v9m2n4p6r8s0t1w3
session 01jgzkfw3e8q5v7x9b2d4f6h8k started with token budget 200000
{"level":"info","ts":1767607872.345,"msg":"token refreshed","expires_in":3600,"token_type":"Bearer"}
{"id":"msg_01XFDUDYJgAACzvnptvVoYEL","type":"message","model":"claude-sonnet-4-5-20250929","usage":{"input_tokens":12}}
We use `claude-sonnet-4-5-20250929` as the default and `gpt-4o-2024-08-06` for the key check.
The token limit of `us.anthropic.claude-sonnet-4-5-20250929-v1:0` is 200000.
The API key works with `claude-3-5-haiku-20241022`, `gpt-4.1-mini-2025-04-14` and `gemini-2.5-flash-preview-09-2025`.
| anthropic | `claude-opus-4-1-20250805` | key |
ANTHROPIC_MODEL=claude-sonnet-4-5-20250929
Anthropic key, model: `eu.anthropic.claude-3-7-sonnet-20250219-v1:0`
OpenAI: `gpt-4o-mini-2024-07-18`, `o3-mini-2025-01-31`, `text-embedding-3-small`, `ft:gpt-4o-mini-2024-07-18:acme::AbCd1234`
$ aws sts get-caller-identity
    "UserId": "123456789012",
    "Arn": "arn:aws:sts::123456789012:assumed-role/ci-deploy/session-20260105"
$ gh run list
completed  success  Rotate API tokens  CI  main  push  12345678901  1m32s  about 2 hours ago
✓ main Rotate tokens · 12345678901
remote: Resolving deltas: 100% (214/214), completed with 88 local objects.
   3f1b0c9..9b2a1f0  main -> main
The authenticity of host 'github.com (140.82.121.4)' can't be established.
ED25519 key fingerprint is SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU.
SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM you@example.com
gpg: Signature made Mon 05 Jan 2026 10:11:12 AM UTC
gpg:                using RSA key 4AEE18F83AFDEB23B5A1F0E8D7C6B5A4F3E2D1C0
gpg: Good signature from "A Person <a@example.com>"
-----BEGIN PGP PUBLIC KEY BLOCK-----
-----BEGIN PGP SIGNATURE-----
iQIzBAABCAAdFiEESu4Y+Dr96yO1ofDo18a1pPPi0cAFAmWX2jAACgkQ18a1pPPi
0cDkBRAAq3xv0Jm7h1sWb5yqV5g7kJrM2n1cQ8dPzF4tXe6oYgHkLsVbRiUwNaMc
=Zk9x
-----END PGP SIGNATURE-----
go: downloading golang.org/x/crypto v0.0.0-20251218141034-4a9a8bd1e9c3
golang.org/x/net v0.17.0 h1:pVaXccu2ozPjCXewfr1S7xza/zcXTity9cCdXQYSjIM=
   Compiling secrecy v0.8.0
warning: unused variable: `token`
checksum = "9a3e5c1f0b8d7a6f4e2c1b0a9f8e7d6c5b4a3f2e1d0c9b8a7f6e5d4c3b2a1f0e"
Downloading anthropic-0.39.0-py3-none-any.whl (198 kB)
Successfully installed pydantic-core-2.27.1 python-jose-3.3.0 tokenizers-0.20.3
PASSWORD   TOKENS   MODEL
Enter passphrase for key '/home/u/.ssh/id_ed25519':
Password for 'https://user@example.com':
sudo: a password is required
mysql: [Warning] Using a password on the command line interface can be insecure.
<add key="PasswordHashIterations" value="310000" />
<add key="TokenLifetime" value="01:00:00" />
<property name="passwordEncoder" ref="bcryptPasswordEncoder2"/>
<input type="password" name="password2" placeholder="Password" autocomplete="new-password" />
<input type="password" id="user_password_1" class="form-control password-field" />
<password>${env.MAVEN_PASSWORD}</password>
<password>{{ password2 }}</password>
<label for="password">Password (12 characters)</label>
<value>org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider2</value>
<PackageReference Include="Microsoft.IdentityModel.Tokens" Version="7.0.3" PublicKeyToken="31bf3856ad364e35" />
<assemblyIdentity name="Newtonsoft.Json" publicKeyToken="30ad4fe6b2a6aeed" culture="neutral" />
<bindingRedirect oldVersion="0.0.0.0-13.0.0.0" newVersion="13.0.0.0" />
"""
