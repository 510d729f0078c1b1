"""Lines of files, and addresses, with `{X}` in place of a secret: rows of `secret_lines`."""

from __future__ import annotations

FILES = r"""
DB_PW={X}
ADMIN_PW="{X}"
export LDAP_BIND_PW='{X}'
SIGNING_KEY_B64={X}
TLS_KEY_PASS={X}
KEYSTORE_PASS: {X}
MYSQL_ROOT_PASSWORD={X}
APP_SECRET={X}
JWT_SIGNING_SECRET={X}
ENCRYPTION_KEY={X}
COOKIE_SECRET={X}
SMTP_PASS={X}
  - POSTGRES_PASSWORD={X}
  - "RABBITMQ_DEFAULT_PASS={X}"
      MYSQL_PASSWORD: {X}
      REDIS_PASSWORD: '{X}'
Environment=DB_PASSWORD={X}
Environment="API_SECRET={X}"
CREATE USER 'app'@'%' IDENTIFIED BY '{X}';
ALTER USER app IDENTIFIED WITH mysql_native_password BY '{X}';
GRANT ALL ON app.* TO 'app'@'localhost' IDENTIFIED BY '{X}';
CREATE USER app WITH PASSWORD '{X}';
CREATE ROLE app LOGIN ENCRYPTED PASSWORD '{X}';
ALTER ROLE app PASSWORD '{X}';
SET PASSWORD FOR 'app'@'localhost' = PASSWORD('{X}');
SET PASSWORD FOR 'app'@'localhost' = '{X}';
CREATE LOGIN app WITH PASSWORD = '{X}';
CREATE USER app IDENTIFIED BY {X};
db1.example.com:5432:app:deploy:{X}
localhost:*:*:postgres:{X}
*:5432:*:app:{X}
machine example.com login deploy password {X}
machine example.com\n  login deploy\n  password {X}
default login anonymous password {X}
        psk="{X}"
	psk={X}
wpa_passphrase={X}
wifi-sec.psk={X}
requirepass {X}
masterauth {X}
user default on >{X} ~* +@all
sentinel auth-pass mymaster {X}
    {\n      "type": "random_password",\n      "values": {\n        "length": 16,\n        "result": "{X}"
    "db_password": {\n      "sensitive": true,\n      "type": "string",\n      "value": "{X}"
      "db_password": {\n        "value": "{X}",\n        "type": "string",\n        "sensitive": true
[client]\nuser=root\npassword={X}
[client]\nuser = root\npassword = "{X}"
//registry.npmjs.org/:_authToken={X}
//npm.example.com/:_password={X}
_auth = {X}
[pypi]\nusername = __token__\npassword = {X}
    "https://index.docker.io/v1/": {\n      "auth": "{X}"
{"auths":{"ghcr.io":{"auth":"{X}"}}}
[default]\naws_access_key_id = example\naws_secret_access_key = {X}
secret_key_base: {X}
  secret_access_key: {X}
  aws:\n    secret_access_key: {X}
SECRET_KEY = '{X}'
SECRET_KEY = "{X}"
spring.datasource.password={X}
spring.mail.password = {X}
spring:\n  datasource:\n    username: app\n    password: {X}
server.ssl.key-store-password={X}
security.user.password: {X}
ansible_become_pass: {X}
ansible_ssh_pass={X}
web1 ansible_host=10.0.0.2 ansible_user=deploy ansible_password={X}
vault_db_password: "{X}"
become_pass: '{X}'
define('DB_PASSWORD', '{X}');
define( 'AUTH_KEY', '{X}' );
define('SECURE_AUTH_SALT',  '{X}');
define('LOGGED_IN_KEY', '{X}');
define("NONCE_SALT", "{X}");
$db_password = "{X}";
$conf['db_pass'] = '{X}';
'password' => '{X}',
'DB_PASSWORD' => env('DB_PASSWORD', '{X}'),
APP_KEY=base64:{X}
password {X}
password_file /etc/x\npassword {X}
default_user = app\ndefault_pass = {X}
management.load_definitions = /etc/x\ndefault_pass={X}
[Interface]\nPrivateKey = {X}
PresharedKey = {X}
variables:\n  DEPLOY_PASSWORD: "{X}"
    DB_PASS: "{X}"
withCredentials([string(credentialsId: 'a', variable: 'b')]) { password = '{X}' }
jdbc:sqlserver://db1:1433;databaseName=app;user=sa;password={X};encrypt=true
jdbc:mysql://db1/app?user=app&password={X}
jdbc:oracle:thin:app/{X}@db1:1521:ORCL
Server=db1;Database=app;User Id=sa;Password={X};
"DefaultConnection": "Server=db1;Database=app;Uid=sa;Pwd={X};"
Data Source=db1;Initial Catalog=app;User ID=sa;PWD={X}
Driver={ODBC Driver 17};Server=db1;UID=sa;PWD={X};
DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={X};EndpointSuffix=core.windows.net
Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=all;SharedAccessKey={X}
host=db1 port=5432 dbname=app user=app password={X} sslmode=require
dsn: "host=db1 user=app password={X} dbname=app"
*/5 * * * * root mysqldump -uroot -p{X} app > /tmp/a
0 3 * * * curl -u backup:{X} https://example.com/run
rootpw {X}
olcRootPW: {X}
bindpw {X}
ldap_default_authtok = {X}
enable secret {X}
username admin password {X}
snmp-server community {X} RO
rocommunity {X} default
shared-secret = "{X}"
secret = {X}
auth_pass {X}
        auth_pass {X}
hmac_key: {X}
secretKey: {X}
clientSecret: "{X}"
client_secret = {X}
"clientSecret": "{X}",
"password": "{X}",
"pw": "{X}",
passwd: {X}
smtp_password: {X}
smtp_sasl_password_maps = static:deploy:{X}
[smtp.example.com]:587 deploy@example.com:{X}
//files/share /mnt cifs username=deploy,password={X},uid=1000 0 0
username=deploy\npassword={X}
proxy = http://deploy:{X}@proxy:3128
Acquire::http::Proxy "http://deploy:{X}@proxy:3128";
export http_proxy=http://deploy:{X}@proxy:3128
token: {X}
api_key: {X}
x-api-key: {X}
adminPassword: {X}
rootPassword: '{X}'
grafana:\n  adminPassword: {X}
security:\n  admin_password: {X}
admin_password = {X}
GF_SECURITY_ADMIN_PASSWORD={X}
KEYCLOAK_ADMIN_PASSWORD: {X}
--requirepass {X}
command: redis-server --requirepass {X}
command: ["redis-server", "--requirepass", "{X}"]
args: ["--password", "{X}"]
cmd = ["mysql", "-uroot", "-p{X}", "app"]
subprocess.run(["sshpass", "-p", "{X}", "ssh", "web1"])
storePassword={X}
keyPassword={X}
    storePassword '{X}'
    keyPassword "{X}"
systemProp.gpg.passphrase={X}
signing.password={X}
mavenPassword={X}
d-i passwd/root-password password {X}
rootpw --plaintext {X}
user --name=deploy --password={X}
chpasswd:\n  list: |\n    deploy:{X}
"""

HEX_FILES = r"""
SECRET_KEY_BASE={X}
secret_key_base: {X}
config.secret_key_base = '{X}'
SECRET_TOKEN={X}
SESSION_SECRET={X}
APP_MASTER_KEY={X}
RAILS_MASTER_KEY={X}
KEY_HEX={X}
DEVISE_PEPPER={X}
OTP_SECRET={X}
"""

URLS = r"""
postgres://app:{X}@db1.example.com:5432/app
DATABASE_URL=postgresql://app:{X}@db1/app?sslmode=require
DATABASE_URL="postgresql+asyncpg://app:{X}@db1/app"
redis://:{X}@cache1:6379/0
rediss://default:{X}@cache1.example.com:6380
CELERY_BROKER_URL=redis://:{X}@cache1:6379/1
amqp://app:{X}@mq1:5672/vhost
amqps://app:{X}@mq1/
mongodb+srv://app:{X}@cluster0.example.net/app?retryWrites=true
mongodb://app:{X}@db1:27017,db2:27017/app
https://deploy:{X}@git.example.com/team/app.git
ftp://deploy:{X}@ftp.example.com/pub
sftp://deploy:{X}@files.example.com:22/in
smtp://mail:{X}@smtp.example.com:587
jdbc:mysql://app:{X}@db1:3306/app
mysql://root:{X}@127.0.0.1/app
mysql+pymysql://root:{X}@db1/app
ldap://cn=admin:{X}@ldap1:389
socks5://user1:{X}@proxy:1080
rtsp://admin:{X}@10.0.0.9:554/stream
The database is at postgres://app:{X}@db1/app now.
`mysql://app:{X}@db1/app`
url = "mssql://sa:{X}@db1/app"
"""

QUERIES = r"""
https://example.com/hook?token={X}
https://example.com/v1/items?limit=10&api_key={X}
https://example.com/v1/items?apikey={X}&limit=10
https://example.com/blob?sv=2022&sig={X}&se=2026
https://example.com/cb?access_token={X}#top
https://example.com/cb#access_token={X}&type=bearer
GET /login?user=a&password={X} HTTP/1.1
https://example.com/d?key={X}
https://example.com/d?client_secret={X}&grant_type=client_credentials
wss://example.com/socket?auth={X}
https://example.com/reset?code=a&secret={X}
"""
