"""Sentences with `{X}` in place of a secret, in eight languages: rows of `secret_lines`."""

from __future__ import annotations

PROSE: dict[str, str] = {
    "English": """
The admin password is {X}.
The password for the staging database is {X}
The password to the server is {X}, please change it.
Password: {X}
my password: {X}
pw: {X}
Use {X} as the password.
Please use `{X}` as password for the test account.
Log in as root / {X}
log in with admin and {X}
Login: admin, password: {X}
You can sign in with user admin and password {X}.
user admin, pass {X}
{X} is the key for staging.
{X} is the password.
`{X}` is our admin password, don't share it
I set the password to {X} yesterday.
I changed the root password to "{X}".
the new password is "{X}"
The passphrase of the key is {X}.
The wifi password at the office is {X}
the credentials are admin / {X}
credentials: admin:{X}
The secret is {X}, put it into the vault.
The API key for the payment service is {X}
Here is the token: {X}
the token you need is {X}
username is deploy and the password's {X}
The PIN-protected login uses the passcode {X}.
try the password {X} instead
""",
    "German": """
Das Passwort ist {X}.
Das Admin-Passwort lautet {X}.
Das Passwort für die Datenbank ist {X}
Passwort: {X}
mein Passwort: {X}
Das Kennwort heißt {X}.
Nimm {X} als Passwort.
Bitte verwende `{X}` als Kennwort für das Testkonto.
Melde dich mit root / {X} an.
Benutzer admin, Passwort {X}
Zugangsdaten: admin / {X}
{X} ist das Passwort.
{X} ist der Schlüssel für die Testumgebung.
Ich habe das Passwort auf {X} geändert.
Das neue Passwort ist "{X}".
Der API-Schlüssel ist {X}
Das WLAN-Passwort im Büro ist {X}
Die Passphrase lautet: {X}
""",
    "French": """
Le mot de passe est {X}.
le mot de passe de la base de données est {X}
Mot de passe : {X}
mon mot de passe: {X}
Le mot de passe administrateur est « {X} »
Utilise {X} comme mot de passe.
Utilisez `{X}` comme mot de passe pour le compte de test.
Connecte-toi avec root / {X}
identifiant admin, mot de passe {X}
Identifiants : admin / {X}
{X} est le mot de passe.
{X} est la clé pour la préproduction.
J'ai changé le mot de passe en {X}.
Le nouveau mot de passe est "{X}".
La clé API est {X}
La phrase secrète est {X}
""",
    "Spanish": """
La contraseña es {X}.
La contraseña de la base de datos es {X}
Contraseña: {X}
mi contraseña: {X}
La clave de acceso es {X}
Usa {X} como contraseña.
Utiliza `{X}` como contraseña para la cuenta de prueba.
Entra como root / {X}
usuario admin, contraseña {X}
Credenciales: admin / {X}
{X} es la contraseña.
{X} es la clave de staging.
Cambié la contraseña a {X}.
La nueva contraseña es "{X}".
La clave API es {X}
La contraseña del administrador es {X}
""",
    "Portuguese": """
A senha é {X}.
A senha do banco de dados é {X}
Senha: {X}
minha senha: {X}
A palavra-passe é {X}
Use {X} como senha.
Utilize `{X}` como senha para a conta de teste.
Entre como root / {X}
usuário admin, senha {X}
Credenciais: admin / {X}
{X} é a senha.
{X} é a chave de staging.
Mudei a senha para {X}.
A nova senha é "{X}".
A chave da API é {X}
A senha do administrador é {X}
""",
    "Russian": """
Пароль: {X}
пароль {X}
Пароль администратора — {X}.
Пароль от базы данных: {X}
мой пароль: {X}
Пароль для тестового сервера — "{X}"
Используй {X} как пароль.
Используйте `{X}` в качестве пароля.
Войди как root / {X}
логин admin, пароль {X}
Учётные данные: admin / {X}
{X} — это пароль.
{X} — ключ для стейджинга.
Я сменил пароль на {X}.
Новый пароль: "{X}".
Ключ API: {X}
""",
    "Japanese": """
パスワードは {X} です。
パスワードは{X}です
管理者のパスワードは {X} です。
データベースのパスワード: {X}
パスワード：{X}
パスワードは「{X}」です。
{X} をパスワードとして使ってください。
パスワードには `{X}` を使ってください。
root / {X} でログインしてください。
ユーザー名は admin、パスワードは {X}
{X} がパスワードです。
{X} はステージングの鍵です。
パスワードを {X} に変更しました。
新しいパスワードは "{X}" です。
APIキーは {X} です。
暗証番号は{X}です。
""",
    "Chinese": """
密码是 {X}。
密码是{X}
管理员密码是 {X}。
数据库的密码：{X}
密码: {X}
密码为“{X}”
请用 {X} 作为密码。
请使用 `{X}` 作为测试账号的密码。
用 root / {X} 登录。
用户名 admin，密码 {X}
账号：admin 密码：{X}
{X} 是密码。
{X} 是测试环境的密钥。
我把密码改成了 {X}。
新密码是 "{X}"。
API密钥是 {X}
口令是 {X}
""",
}
