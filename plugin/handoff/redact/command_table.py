"""Which programs take a secret on their command line, and where.

An option is written as its name: `-p` takes the next word, `-p*` what is attached to it (`-pX`),
`-p+` both; long ones take the next word or what follows `=` or `:`. A word without a dash is one
that the secret follows. `:` or `%` or `,` behind an option: the secret is what follows that sign in its
value, up to which the user's name stands. `#2` is the second word that is no option, `#-1` the last.
A word before `|` must be among the words, else the row does not count.
"""

from __future__ import annotations

_ROWS = """
sshpass: -p+
mysql mysqldump mysqladmin mysqlimport mysqlcheck mysqlshow mysqlsh mysqlslap mysqlbinlog mysqlpump mariadb mariadb-dump mariadb-admin mycli mydumper myloader: -p*
docker podman nerdctl buildah skopeo helm oc cf crane oras regctl ibmcloud argocd az tsh jf jfrog doctl harbor: login | -p+
podman skopeo buildah: --creds:
skopeo: --src-creds: --dest-creds:
mongo mongosh mongodump mongorestore mongoexport mongoimport mongostat mongotop mongofiles: -p+
redis-cli keydb-cli valkey-cli redis-benchmark: -a auth requirepass masterauth --pass
ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldapcompare ldapmodrdn ldapexop ldapvi: -w+
ldappasswd: -w+ -s -a
slappasswd: -s
keytool jarsigner: -storepass -keypass -srcstorepass -deststorepass -srckeypass -destkeypass -new
openssl: enc | -k -K
openssl: -passin= -passout= -pass= -passwd= -srppass -psk pass:
apksigner: --ks-pass= --key-pass= --pass-encoding
curl: -u: --user: -U: --proxy-user: --pass --oauth2-bearer --proxy-pass --tlspassword
http xh httpie: -a: --auth:
wget wget2 aria2c: --password --http-password --ftp-password --proxy-password --http-passwd --ftp-passwd
smbclient rpcclient smbget smbmap net smbcacls smbpasswd winexe wmic nmblookup smbtree: -U% --user%
smbmap crackmapexec netexec nxc evil-winrm: -p+
net: use | #3 #4
net: user | #3
htpasswd: -b | #-1
htpasswd: -bB | #-1
htpasswd: -nb | #-1
htpasswd: -nbB | #-1
htpasswd: -bc | #-1
htpasswd: -cb | #-1
htpasswd: -Bb | #-1
htpasswd: -bnB | #-1
htpasswd: -nbm | #-1
zip zipcloak: -P+
unzip: -P+
7z 7za 7zz 7zr p7zip: -p*
rar unrar: -p* -hp*
gpg gpg2: --passphrase
sqlcmd osql isql bcp: -P+
isql: #3
sqlplus sqlldr expdp impdp exp imp rman sqlcl sql: #1/ userid=/
vault bao: login | #2
vault bao: NAME=
ansible-vault: encrypt_string | #2
gh: secret | -b --body
npm yarn pnpm: config | ~_auth ~_password ~Token
aws: configure | aws_secret_access_key aws_session_token aws_access_key_id
useradd usermod adduser: -p+
nmcli: password wifi-sec.psk 802-11-wireless-security.psk wifi-sec.wep-key0 802-1x.password ipsec-psk
wpa_passphrase: #2
iwconfig: key
wpa_cli: psk
snmpwalk snmpget snmpset snmpbulkwalk snmpgetnext snmptrap snmptable snmpbulkget onesixtyone: -c -A -X
ipmitool ipmipower ipmi-sensors ipmi-sel: -P+
ipmipower ipmi-sensors ipmi-sel bmc-info: -p+
rclone: obscure | #2
cmdkey: /pass /p
xfreerdp wfreerdp xfreerdp3 freerdp: /p
rdesktop: -p+
schtasks: /rp /p
psexec psexec64 pskill pslist: -p+
wmic: /password
signtool: /p
runas: /password
setx: #2
lftp: -u,
ncftpput ncftpget ncftp ftpput ftpget curlftpfs: -p+
mosquitto_pub mosquitto_sub mosquitto_rr mqttx: -P+
mosquitto_passwd: -b | #-1
rabbitmqctl: add_user | #3
rabbitmqctl: change_password | #3
rabbitmqctl: authenticate_user | #3
rabbitmqadmin: -p+
influx influxd: -password --password -t --token
cqlsh nodetool cassandra-cli: -p+ -pw
cypher-shell neo4j: -p+
neo4j-admin: set-initial-password
couchbase-cli cbbackup cbrestore cbq cbbackupmgr: -p+
twine: -p+
beeline: -p+
pdftk: user_pw owner_pw input_pw
pdftotext pdfinfo pdftoppm pdfimages pdftocairo: -upw -opw
qpdf: --encrypt | #1 #2
ssh-keygen: -N+ -P+
security: -w+ -p+ -P
createuser: -w
swaks: -ap --auth-password
mvn gradle gradlew mvnw: -P
heroku fly flyctl railway vercel netlify wrangler kubectl oc: NAME=
pg_basebackup vsql: -w+
nzsql: -pw
hdbsql snowsql isql-fb gsec gbak tsql: -p+ -P+ -pw -password
sqoop cadaver hydra medusa: -p+ -P+
p4: -P+
db2: using
ipa dscl kadmin kadmin.local kinit: -w+ -pw -passwd
bitcoin-cli litecoin-cli: -rpcpassword
plink pscp psftp putty winscp: -pw -password
keepassxc-cli: -p
virt-customize: --root-password=
occ dsadd dsmod: -pwd
convertto-securestring: -String #1
mc: alias | #6
mc: host | #7
s3cmd s4cmd: --secret_key --secret-key
etcdctl: --user:
consul: put | #4
nuget dotnet: -ApiKey -k --api-key
dotnet: user-secrets | #4
cargo: login | #2
composer: config | #4
poetry: config | #3 #4
mysqlsh: --uri:
openssl: passwd | #2
mkpasswd vncpasswd: #1
doveadm: -p+
x11vnc: -passwd
samba-tool: create | #4
samba-tool: add | #4
samba-tool: --newpassword
sysadminctl: -password -newPassword -adminPassword
bw: unlock | #2
bw: login | #3
racadm esxcli vicfg-user: -p+
airflow elasticsearch-users yt-dlp youtube-dl: -p+
imapsync: --password1 --password2
steamcmd: +login
grafana-cli: reset-admin-password
caddy: --plaintext
pk12util certutil: -W -K -p
sqlmap: --auth-cred:
jenkins-cli jenkins-cli.jar: -auth:
rancher doctl: -t
zkcli.sh zkcli: digest:
kafka-configs kafka-configs.sh: --add-config
az: set | --value
lastpass lpass: -p
nsupdate dig: -y:
flit poetry uv hatch pdm maturin rye cosign notation flux: -p+
hatch: -a
swift: -K+
smbclient: #2 #3
net: use | #5
mount_smbfs smbutil: #1: #2:
rman toad: #2/ -c/
aws: SecureString | --value
lftp: -u,
openssl osslsigncode: -pass
sc.exe sc: password=
wbadmin ntdsutil: -password
curl: -u:
"""  # fmt: skip

# What reads a secret from its input, as words that the line then holds.
READERS = (
    *("--password-stdin", "--with-token", "chpasswd", "--stdin", "cryptsetup", "sudo -S", "passwd"),
    *("sudo -kS", "kinit", "smbpasswd", "--passphrase-fd", "secret set", "secrets set", "login"),
    *("createuser", "secret create", "secrets create", "versions add", "-passin stdin", "openssl enc"),
    *("htpasswd", "mkpasswd", "read -r", "read -s", "ftp ", "vault ", "--password-fd", "password_stdin", "su -", "su root"),
)  # fmt: skip


def _read() -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    table: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for row in _ROWS.strip().split("\n"):
        programs, _, rest = row.partition(": ")
        needed, _, places = rest.rpartition(" | ")
        for program in programs.split():
            table.setdefault(program, []).append((needed, tuple(places.split())))
    return table


TABLE = _read()
