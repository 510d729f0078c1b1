"""Command lines, settings and sentences that could hold a secret and hold none: all must stay."""

from __future__ import annotations

COMMANDS = r"""
mysql -p
mysql -u root -p app < dump.sql
mysql -u root -p$MYSQL_ROOT_PASSWORD app
mysql -u root -p"${DB_PASS}" -e 'select 1'
mysql --port 3306 -h db1 -p
mysqldump -u root -p --databases app2
docker run -p 8080:80 nginx:1.27
docker run -d -p 127.0.0.1:5432:5432 -e POSTGRES_PASSWORD=postgres postgres:16
docker login -u ci --password-stdin
docker login -u "$USER" -p "$PASS" registry.example.com
docker login registry.example.com:5000
docker compose -p shop2 up -d
podman run -p 9090:9090 prom/prometheus:v2.53.0
ssh -p 22 deploy@10.0.0.12
ssh -p 2222 -i ~/.ssh/id_ed25519 root@web1 'mkdir -p /srv/app2'
scp -P 2222 a.txt web1:/srv
mkdir -p build/x86_64
tar -xpf a.tar.gz
cp -p a1.txt b2.txt
ps -p 12345 -o rss
grep -w word2vec notes.txt
grep -w 'user_id2' -r src
ldapsearch -x -H ldap://ldap1:389 -b dc=example,dc=org '(uid=user1)'
ldapsearch -x -W -D cn=admin,dc=example,dc=org
redis-cli -h cache1 -p 6379 ping
redis-cli -a "$REDIS_PASSWORD" ping
redis-cli --scan --pattern 'session:*'
curl -u deploy https://example.com
curl -u "$USER:$TOKEN" https://example.com/v2/items
curl -sSL -o install.sh https://example.com/v1.2.3/install.sh
curl -X POST -d @body2.json https://example.com/api/v2
wget -q https://example.com/dist/app-1.2.3.tar.gz
sshpass -p "$PASS" ssh web1
sshpass -f /run/pass1 ssh web1
sshpass -e ssh web1
openssl enc -d -aes-256-cbc -pass env:MY_PASS2 -in a -out b
openssl rsa -in key.pem -passin file:/run/pass1 -out plain.pem
openssl x509 -in cert.pem -noout -text
openssl passwd -6
keytool -list -keystore app2.jks -storepass changeit
keytool -genkeypair -alias app2 -keyalg RSA -keysize 2048
gpg --passphrase-file /run/pass1 -d a.gpg
gpg --batch --passphrase-fd 0 -d a.gpg
gpg --recv-keys 0x1A2B3C4D5E6F7081
htpasswd -c .htpasswd user1
zip -r out2.zip data1
unzip -p app.zip README2.md
7z x archive2.7z -oout2
kubectl create secret generic db --from-file=password=./pass1.txt
kubectl get secret db-2 -o yaml
kubectl create secret generic db --from-literal=password=$DB_PASSWORD
helm upgrade app ./chart --set image.tag=v1.2.3 --set replicas=3
helm install app ./chart --set auth.existingSecret=db-secret-2
az login --use-device-code
aws configure set region eu-west-1
aws configure set aws_access_key_id "$KEY_ID"
npm config set registry https://registry.example.com
npm set init-version 1.0.0
npm config set //registry.npmjs.org/:_authToken '${NPM_TOKEN}'
git clone https://github.com/example/app2.git
sqlplus / as sysdba
sqlplus user1@orcl
psql -h db1 -p 5432 -U app2 app2
psql "host=db1 port=5432 user=app2 dbname=app2 sslmode=require"
vault kv get -field=password secret/app2
vault login -method=github
vault kv put secret/app2 password=@pass1.txt
heroku config:get DATABASE_URL -a shop2
gh secret set DEPLOY_KEY < key2.pem
gh secret list --repo example/app2
gh pr create --title "Fix login 2" --body "Closes #123"
gh release create v1.2.3 -n notes2
echo "$PASS" | docker login -u ci --password-stdin
cat pass1.txt | docker login -u ci --password-stdin
echo "v1.2.3" | tee VERSION
echo 'abc123def' | sha256sum
echo "user1:$PASS" | chpasswd
useradd -m -s /bin/bash deploy2
nmcli dev wifi list
snmpwalk -v2c -c public 10.0.0.1 1.3.6.1.2.1
ipmitool -I lanplus -H bmc1 -U ADMIN -E power status
rclone copy remote1:bucket2 /srv/data3
ansible-playbook site.yml -e version=1.2.3 -e env=prod2
ansible-vault encrypt_string --vault-id dev@prompt
terraform apply -var region=eu-west-1 -var instance_type=t3.micro
terraform plan -out=plan2.tfplan
mvn -Pprod2 -DskipTests package
java -Xmx2g -jar app-1.2.3.jar
npm run build -- --mode prod2
pip install -p python3.11 requests==2.31.0
rsync -avzP a2/ b3/
find . -name '*.py2' -print
net start w3svc2
ssh-keygen -t ed25519 -N '' -f key2
security find-generic-password -s app2 -w
mosquitto_pub -h mq1 -p 1883 -t a/b2 -m 21.5
mongo --host db1 --port 27017 app2
mongodump --host db1 --archive=a2.gz
twine upload dist/app2-1.2.3.tar.gz
svn checkout https://svn.example.com/app2 -r 12345
p4 -p perforce:1666 sync
http GET https://example.com/api/v2
python -m http.server 8000
wpa_passphrase HomeNet2
lftp -e 'mirror a1 b2; quit' ftp.example.com
uv run -p 3.12 pytest tests/unit2
poetry add requests2
hatch run test2:cov
docker compose -p shop2024 up -d
echo v1.2.3 > VERSION
echo "build-2024" > out/token_count
echo "$TOKEN" > ~/.token
printf '%s' "$PASS" > /run/secrets/db_password
curl -u deploy2: https://example.com
aws ssm put-parameter --name /app/region --value eu-west-1 --type String
aws ssm get-parameter --name /prod/db/password --with-decryption
smbclient //files/share2 -U deploy
rman target /
signtool sign /f cert2.pfx app2.exe
su - deploy2 <<< "$PASS"
"C:\Program Files\WinRAR\rar.exe" a out2.rar data1
""".strip().split("\n")

SETTINGS = r"""
DB_PASSWORD_FILE=/run/secrets/db1
PW_MIN_LENGTH=12
password: ${DB_PASSWORD}
password = os.environ["DB_PASSWORD_2"]
password_hash = hash_password(password2)
"password": "password2",
"token": "access_token2",
token = tokens[index2]
pw = getpass.getpass()
psk = read_psk(path2)
salt = os.urandom(16)
secret_name: db-credentials-v2
secretName: tls-2026-prod
requirepass foobared
# requirepass: see redis.conf, line 1039
CREATE USER app IDENTIFIED BY '***';
CREATE TABLE passwords (id int, hash varchar(64));
ALTER TABLE users ADD COLUMN password varchar(255);
SELECT user, password FROM users WHERE id = 12;
127.0.0.1:8080:app2:web
2026-11-22T10:31:45: token refreshed for user42
"sensitive": true
  value: 3000
auth: oauth2
{"value": "eu-west-1", "sensitive": false}, {"sensitive": true}
"auth": "basic",
Server=db1;Database=app2;Integrated Security=True;
jdbc:mysql://db1:3306/app2?useSSL=false&serverTimezone=UTC
const key = `${prefix}-v2`;
let token = lexer.next2();
key: "user-2-profile",
@Column(name = "password_2")
private String password2;
public key = new Map<string, Item2>();
<input type="password" id="pw2" name="pw2">
postgres://localhost:5432/app2
redis://:$REDIS_PASSWORD@cache1:6379/0
https://example.com:8443/a/b@2x.png
https://example.com/search?q=password&page=2
https://example.com/?key=home&v=2
npm:@scope/app@1.2.3
oci://registry.example.com:5000/app@sha256:0123
password = getPassword2()
password: string
password=None
password=password2
password = form.password2
connect(host2, port2)
connect("db1", "app2")
auth=("deploy", PASSWORD_2)
login("deploy", os.environ["DEPLOY_PASS_2"])
getConnection(url, "app", password2);
page.fill('#password', user.password2)
page.click('#password2')
document.querySelector('#password').value = '';
<input type="password" name="password2" value="">
INSERT INTO users (name, role) VALUES ('admin2024', 'owner2024');
INSERT INTO users (name, password) VALUES (?, ?);
INSERT INTO users (name, password) VALUES ('admin', 'changeme');
let apiKey: string = config.apiKey2;
const token: string = await getToken2();
new Stripe(process.env.STRIPE_KEY_2)
git.checkout("4f1c2ab09d3e5f6a7b8c9d0e1f2a3b4c5d6e7f80")
- {name: API_KEY, valueFrom: secret2}
{"name": "token_count", "value": "182340"}
{"key": "region", "value": "eu-west-1"}
user,token,created
id,password_hash,name
args: ["-p", "8080:80"]
subprocess.run(["docker", "compose", "-p", "shop2024", "up"])
Password:
""".strip().split("\n")

SENTENCES = r"""
The password is required.
The password is stored in config2.yaml.
The password is hashed with argon2id and a 16-byte salt.
The password must be at least 12 characters long.
The password reset works since v2.1.0.
The password for user42 was changed yesterday.
A password is a string of 8 to 64 characters.
Use a password manager such as KeePass2.
Use OAuth2 as the authentication method.
The token is valid for 3600s.
The token expires at 2026-11-22T07:38:12Z.
The key is user_id2, the value a JSON object.
The key is `users/42/avatar.png`.
The secret is mounted at /run/secrets/db1.
The API key is read from ANTHROPIC_API_KEY2.
SHA256 is the key derivation function.
PKCS12-3DES-SHA1 is used for key derivation.
Log in as user1 and open page 2.
Log in with SSO / OAuth2.
login: added 2FA, see ADR-012
The login page is at /login2.
Pass stage1_args to the sub-makes.
Pass the token to web2.example.com.
this token is presented to web3auth in exchange for parts
The credentials are in ~/.aws/credentials.
Das Passwort ist falsch.
Das Passwort ist in config2.yaml gespeichert.
Das Passwort muss mindestens 12 Zeichen haben.
Das Passwort wird mit SHA256 gehasht.
Der Schlüssel ist user_id2.
Le mot de passe est obligatoire.
Le mot de passe est stocké dans config2.yaml.
Le mot de passe doit contenir au moins 12 caractères.
La clé est user_id2.
La contraseña es obligatoria.
La contraseña está en config2.yaml.
La contraseña debe tener 12 caracteres.
La clave es user_id2.
A senha é obrigatória.
A senha está em config2.yaml.
A senha deve ter 12 caracteres.
A chave é user_id2.
Пароль обязателен.
Пароль хранится в config2.yaml.
Пароль должен быть не короче 12 символов.
Ключ — user_id2.
パスワードは必須です。
パスワードは config2.yaml にあります。
パスワードは12文字以上です。
パスワードは SHA256 でハッシュ化されます。
キーは user_id2 です。
密码是必填项。
密码保存在 config2.yaml 中。
密码至少 12 个字符。
密码使用 SHA256 加密。
键是 user_id2。
If asked for the password, press Enter.
If it asks for the password, run setup2.sh.
When prompted for the password, use the one from config2.yaml.
The password must be at least 8-12 characters.
The password must be Base64-encoded.
The password was replaced by an SSH key in v2.1.0.
The password, SHA256-hashed, is stored in users2.
In v2.1.0, the password is optional.
password (optional): 12 characters or more
Wenn nach dem Passwort gefragt wird, drücke Enter.
Das Passwort muss mindestens 8-stellig sein.
Das Passwort wurde in v2.1.0 ersetzt.
Si on te demande le mot de passe, ouvre config2.yaml.
Si te pide la contraseña, abre config2.yaml.
Se pedir a senha, abra config2.yaml.
Если спросит пароль, открой config2.yaml.
пароль пользователя обязателен с версии 2.1.0
パスワードを聞かれたら、config2.yaml を開いてください。
如果要求输入密码，请打开 config2.yaml。
""".strip().split("\n")
