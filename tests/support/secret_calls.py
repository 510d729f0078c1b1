"""Lines of files and calls with `{X}` in place of a secret: more rows of `secret_lines`."""

from __future__ import annotations

CALLS = r"""
DB_PASSWORD={X}
export ADMIN_PASSWORD={X}
db.password={X}
spring.datasource.password = {X}
password={X}
password: {X}
  password: {X}
adminPassword: {X}
root_password: "{X}"
"password": "{X}",
<user name="deploy" password="{X}"/>
<bean p:password="{X}" p:url="jdbc:x"/>
<property name="connection.password">{X}</property>
<dbPassword>{X}</dbPassword>
Server=db1;Database=app;Uid=app;Pwd={X};
Data Source=db1;User ID=sa;Password={X}
host=db1 user=app password={X} dbname=app
jdbc:mysql://db1/app?user=app&password={X}
jdbc:oracle:thin:app/{X}@db1:1521/orcl
url=jdbc:oracle:thin:scott/{X}@//db1:1521/svc
db_pass = "{X}"
password = '{X}'
$dbpass = '{X}';
define('DB_PASSWORD', '{X}');
'password' => '{X}',
admin_password = {X}
MAIL_PASS={X}
BINDPW={X}
LDAPBINDPW={X}
BINDPW {X}
conn = psycopg2.connect("db1", "app", "{X}")
mysqli_connect("localhost", "app", "{X}", "shop");
$pdo = new PDO('mysql:host=db1;dbname=app', 'app', '{X}');
new mysqli('localhost', 'app', '{X}', 'shop');
auth=HTTPBasicAuth('deploy', '{X}')
requests.get(url, auth=('deploy', '{X}'))
smtp.login("mailer@example.com", "{X}")
DriverManager.getConnection(url, "app", "{X}");
client.basicAuth("deploy", "{X}")
req.SetBasicAuth("deploy", "{X}")
ftp.login('deploy', '{X}')
args: ['-u', 'app', '-p', '{X}']
["mongodump", "-p", "{X}"]
subprocess.run(["tool", "--password", "{X}"])
ALTER LOGIN app WITH PASSWORD = N'{X}';
EXEC sp_addlogin N'app', N'{X}';
INSERT INTO users (name, password) VALUES ('admin', '{X}');
INSERT INTO users (id, email, password, role) VALUES (1, 'a@example.com', '{X}', 'admin');
UPDATE users SET password = '{X}' WHERE id = 1;
document.querySelector('#password').value = '{X}';
document.getElementById("password").value = "{X}";
await page.fill('#password', '{X}');
await page.type('input[name="password"]', '{X}');
cy.get('#password').type('{X}')
driver.find_element(By.ID, "password").send_keys("{X}")
fill_in 'Password', with: '{X}'
<input type="password" name="p" value="{X}">
<input type="password" value="{X}" />
: PSK "{X}"
10.0.0.1 10.0.0.2 : PSK "{X}"
deploy : XAUTH "{X}"
deploy : EAP "{X}"
"deploy" * "{X}" *
deploy l2tpd {X} *
variable "db_password" {\n  type    = string\n  default = "{X}"\n}
output "admin_password" {\n  value = "{X}"\n}
db_password = "{X}"
network={\n  ssid="Office"\n  psk="{X}"\n}
option key '{X}'
config wifi-iface\n  option ssid 'Office'\n  option key '{X}'
password={X}\npassword_confirm={X}
{"password": "{X}", "password_confirmation": "{X}"}
Password:\n  {X}
Admin password:\n{X}
Passwort:\n    {X}
pass:\n  {X}
"""
