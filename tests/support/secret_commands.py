"""Command lines with `{X}` in place of a secret: rows of `secret_lines`."""

from __future__ import annotations

COMMANDS = r"""
mysql -u root -p{X} app
mysql -h db1 -uroot -p'{X}' -e 'show tables'
mysqldump --single-transaction --password={X} app > dump.sql
sudo mysqladmin -u root -p{X} status
docker exec -it db mysql -uroot -p{X} app
docker exec db sh -c 'mysql -uroot -p{X} app < /dump.sql'
ssh web1 "mysqldump -u app -p{X} app | gzip" > app.sql.gz
mariadb -u app --password='{X}' app
sshpass -p {X} ssh deploy@10.0.0.12
sshpass -p '{X}' scp build.tar.gz deploy@web1:/srv
docker login -u ci -p {X} registry.example.com
docker login registry.example.com --username ci --password {X}
podman login -u ci -p "{X}" quay.io
redis-cli -h cache1 -a {X} ping
redis-cli --no-auth-warning -a '{X}' info | head
redis-cli -u redis://:{X}@cache1:6379/0 ping
redis-cli CONFIG SET requirepass {X}
redis-cli AUTH {X}
ldapsearch -x -D cn=admin,dc=example,dc=org -w {X} -b dc=example,dc=org
ldapadd -x -D cn=admin,dc=example,dc=org -w '{X}' -f add.ldif
keytool -genkey -alias app -keystore app.jks -storepass {X} -keypass {X}
keytool -list -keystore app.jks -storepass '{X}'
openssl rsa -in key.pem -passin pass:{X} -out plain.pem
openssl pkcs12 -export -in c.pem -inkey k.pem -out c.p12 -passout pass:{X}
openssl enc -aes-256-cbc -in a -out b -k {X}
curl -u deploy:{X} https://example.com/api
curl -sS --user 'deploy:{X}' https://example.com/api
curl -fsS -X POST -u "deploy:{X}" https://example.com/api -d @body.json
wget --user=deploy --password={X} https://example.com/a.tgz
wget --http-password={X} https://example.com/a.tgz
psql "host=db1 user=app password={X} dbname=app"
PGPASSWORD={X} psql -h db1 -U app app
PGPASSWORD='{X}' pg_dump -h db1 app > app.sql
env MYSQL_PWD={X} mysql -u root
mongo -u admin -p {X} --authenticationDatabase admin
mongosh mongodb://db1/app -u admin -p '{X}'
mongodump --host db1 --username admin --password {X} --out dump
smbclient -U deploy%{X} //files/share
smbclient //files/share -U 'deploy%{X}'
mount -t cifs //files/share /mnt -o username=deploy,password={X}
net use Z: \\files\share {X} /user:deploy
net user deploy {X} /add
htpasswd -b .htpasswd deploy {X}
htpasswd -bB -c /etc/nginx/.htpasswd deploy '{X}'
zip -r -P {X} out.zip data
unzip -P {X} out.zip
7z a -p{X} out.7z data
7z x -p'{X}' out.7z
unrar x -p{X} out.rar
gpg --batch --passphrase {X} -d secrets.gpg
gpg --batch --yes --passphrase '{X}' --symmetric data
kubectl create secret generic db --from-literal=password={X}
kubectl -n prod create secret generic app --from-literal=API='{X}' --dry-run=client -o yaml
kubectl create secret docker-registry reg --docker-username=ci --docker-password={X}
helm upgrade --install db bitnami/postgresql --set auth.password={X}
helm install app ./chart --set-string global.dbPassword='{X}' -n prod
az login --service-principal -u 4f0a -p {X} --tenant contoso
az sql server create -n db1 -u dba --admin-password '{X}'
aws configure set aws_secret_access_key {X}
npm config set //registry.npmjs.org/:_authToken {X}
npm config set //npm.example.com/:_password "{X}"
git clone https://ci:{X}@git.example.com/app.git
git remote set-url origin https://oauth2:{X}@git.example.com/app.git
sqlplus system/{X}@orcl
sqlplus -S app/{X}@//db1:1521/ORCL @run.sql
sqlcmd -S db1 -U sa -P {X} -Q "select 1"
/opt/mssql-tools/bin/sqlcmd -S localhost -U sa -P '{X}'
bcp app.dbo.t out t.csv -S db1 -U sa -P{X}
vault kv put secret/app password={X}
vault login -method=userpass username=deploy password={X}
vault login {X}
ansible-playbook site.yml -e ansible_become_pass={X}
ansible-playbook site.yml --extra-vars "db_password={X}"
ansible-vault encrypt_string '{X}' --name db_password
heroku config:set DATABASE_PW={X} --app shop
fly secrets set SESSION_KEY={X}
gh secret set DEPLOY --body {X}
gh secret set DEPLOY -b '{X}' --repo example/app
echo {X} | docker login -u ci --password-stdin
echo '{X}' | sudo -S apt-get update
echo "{X}" | gh auth login --with-token
printf '%s' '{X}' | docker login -u ci --password-stdin
echo "deploy:{X}" | chpasswd
echo 'root:{X}' | sudo chpasswd
echo "{X}" | passwd --stdin deploy
docker login -u ci --password-stdin <<< {X}
cryptsetup luksOpen /dev/sdb1 data <<< '{X}'
echo -n "{X}" | cryptsetup luksFormat /dev/sdb1 -
useradd -m -p {X} deploy
nmcli dev wifi connect Office password {X}
nmcli connection modify office wifi-sec.psk '{X}'
wpa_passphrase Office {X}
snmpwalk -v2c -c {X} 10.0.0.1 system
snmpwalk -v3 -u admin -A {X} -X other 10.0.0.1
ipmitool -I lanplus -H bmc1 -U ADMIN -P {X} power status
rclone obscure {X}
rclone config create nas sftp host=nas user=backup pass={X}
restic -r s3:backup --password-command 'echo {X}' snapshots
RESTIC_PASSWORD={X} restic snapshots
BORG_PASSPHRASE='{X}' borg list repo
$cred = ConvertTo-SecureString "{X}" -AsPlainText -Force
ConvertTo-SecureString -String '{X}' -AsPlainText -Force
$env:DB_PASSWORD = "{X}"
setx DB_PASSWORD {X}
cmdkey /add:files /user:deploy /pass:{X}
schtasks /create /tn job /tr run.cmd /ru deploy /rp {X}
psexec \\web1 -u deploy -p {X} cmd
xfreerdp /v:web1 /u:deploy /p:{X}
rdesktop -u deploy -p {X} web1
lftp -u deploy,{X} ftp.example.com
ftp -n <<< "user deploy {X}"
ncftpput -u deploy -p {X} ftp.example.com / a.txt
mosquitto_pub -h mq1 -u dev -P {X} -t a -m b
rabbitmqctl add_user app {X}
rabbitmqctl change_password app '{X}'
rabbitmqadmin -u admin -p {X} list queues
influx -username admin -password {X} -execute 'show databases'
cqlsh db1 -u cassandra -p {X}
clickhouse-client --user default --password {X} -q 'select 1'
neo4j-admin set-initial-password {X}
cypher-shell -u neo4j -p {X} 'match (n) return n'
couchbase-cli cluster-init -c localhost -u Administrator -p {X}
twine upload -u __token__ -p {X} dist/*
svn checkout --username ci --password {X} https://svn.example.com/app
svn co https://svn.example.com/app --password '{X}' --no-auth-cache
ftpput -u deploy -p {X} ftp.example.com a.txt
http -a deploy:{X} https://example.com/api
pdftk in.pdf output out.pdf user_pw {X}
qpdf --password={X} --decrypt in.pdf out.pdf
qpdf --encrypt {X} {X} 256 -- in.pdf out.pdf
swaks --to a@example.com --auth-user ci --auth-password {X}
ssh-keygen -t ed25519 -N '{X}' -f key
ssh-keygen -p -P {X} -N other -f key
kinit deploy <<< {X}
ldappasswd -x -D cn=admin -w {X} -s {X} cn=deploy
az storage blob list --account-name shop --account-key {X}
az webapp config appsettings set -n shop --settings DB_PASSWORD={X}
docker run -d -e POSTGRES_PASSWORD={X} -p 5432:5432 postgres:16
docker run --env MYSQL_ROOT_PASSWORD='{X}' mysql
docker run -e "SA_PASSWORD={X}" -e ACCEPT_EULA=Y mssql
terraform apply -var db_password={X} -auto-approve
terraform plan -var="db_password={X}"
export DB_PW={X}
set DB_PASSWORD={X}
read -r PW <<< '{X}'; mysql -p"$PW"
sonar-scanner -Dsonar.login={X}
mvn deploy -Dgpg.passphrase={X}
java -Djavax.net.ssl.keyStorePassword={X} -jar app.jar
jarsigner -storepass {X} -keystore k.jks app.jar key
apksigner sign --ks k.jks --ks-pass pass:{X} app.apk
signtool sign /f cert.pfx /p {X} app.exe
security add-generic-password -a deploy -s app -w {X}
security unlock-keychain -p '{X}' build.keychain
occ user:add --password-from-env deploy; OC_PASS={X} occ user:add deploy
wp user create deploy a@example.com --user_pass={X}
drush site-install --account-pass={X}
createuser -P app <<< {X}
impala-shell -u deploy -l --ldap_password_cmd="echo {X}"
beeline -u jdbc:hive2://h:10000 -n deploy -p {X}
mongoimport --uri "mongodb://ci:{X}@db1/app" --file a.json
tool --password={X}
tool --password {X}
tool --db-password='{X}'
tool --admin-pass={X}
java -Dspring.datasource.password={X} -jar app.jar
mvn -Ddb.password={X} test
./gradlew publish -PmavenPassword={X}
docker run -e MYSQL_ROOT_PASSWORD={X} mysql
MYSQL_PWD={X} mysql app
PGPASSWORD={X} psql app
$env:DB_PASSWORD='{X}'
$p = ConvertTo-SecureString "{X}" -AsPlainText -Force
$p = ConvertTo-SecureString -AsPlainText "{X}" -Force
ConvertTo-SecureString -AsPlainText -Force -String {X}
ConvertTo-SecureString -AsPlainText -Force '{X}'
New-Object System.Net.NetworkCredential('deploy', '{X}')
New-Object PSCredential("deploy", (ConvertTo-SecureString "{X}" -AsPlainText -Force))
"{X}" | ConvertTo-SecureString -AsPlainText -Force
flit publish -p {X}
poetry publish -u ci -p {X}
uv publish -u ci -p {X}
hatch publish -u ci -a {X}
cargo publish --token {X}
osslsigncode sign -pkcs12 c.p12 -pass {X} -in a.exe
signtool sign /f c.pfx /p {X} a.exe
jsign --storepass {X} a.exe
electron-builder --password {X}
cosign login reg.io -u ci -p {X}
helm registry login reg.io -u ci -p {X}
unzip -P{X} a.zip
7z x -p{X} a.7z
rar a -hp{X} a.rar data
"C:\Program Files\WinRAR\rar.exe" a -hp{X} a.rar data
7z a -mhe=on -p{X} a.7z data
xfreerdp /u:deploy /p:{X} /v:web1
psexec \\web1 -u deploy -p:{X} cmd
sc config svc obj= deploy password= {X}
net use z: \\files\share /user:deploy {X}
net use \\files\share {X} /user:deploy
docker login -u ci --password-stdin <<< "{X}"
sudo -S apt update <<< '{X}'
su - deploy <<< "{X}"
gh auth login --with-token <<< {X}
curl ftp://ftp.example.com -u deploy:{X}
mc alias set minio http://minio:9000 admin {X}
s3cmd --access_key=AK --secret_key={X} ls
mount -t cifs //files/share /mnt -o user=deploy,pass={X}
mount -o username=deploy,password={X} //files/share /mnt
smbclient //files/share {X} -U deploy
lftp -u deploy,{X} files.example.com
open -u deploy,{X} ftp.example.com
expdp app/{X}@orcl directory=d
liquibase --username=app --password={X} update
flyway -user=app -password={X} migrate
sqlldr userid=app/{X}@orcl control=a.ctl
impdp system/{X} full=y
rman target sys/{X}@orcl
toad -c app/{X}@orcl
connect app/{X}@orcl
conn sys/{X}@orcl as sysdba
CONNECT app/{X}
mysql --defaults-group-suffix=x -p{X}
htpasswd -nbB deploy {X}
aws ssm put-parameter --name /prod/db/password --type SecureString --value {X}
aws ssm put-parameter --name "/app/DB_PASSWORD" --value "{X}" --type SecureString
aws secretsmanager create-secret --name prod/db --secret-string {X}
gcloud secrets versions add db <<< {X}
az keyvault secret set --vault-name kv --name db --value {X}
curl -u {X}: https://api.example.com/v1
echo {X} > ~/.token
echo "{X}" > ~/.config/tool/credentials
printf '%s' '{X}' > /run/secrets/db_password
echo {X} >> .vault_pass
"""
