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
if asked, enter {X}
If it asks for a password, enter {X}.
When prompted for the password, type {X}
The old password was replaced by {X}.
the password has been reset to {X}
The root password was changed to {X} last night.
my password, {X}, works for staging too
The staging password, {X}, expires soon.
{X} - that's the admin password
{X}, the password for staging
{X} is what you enter as password
password (staging): {X}
Password [prod] is {X}
password (for the db) = {X}
the password must be {X}, not the old one
password = {X}
The password should be {X}
the old password no longer works, the new one is {X}
The password changed. Use {X} now.
use {X} when it asks for the password
Use {X} when it asks for a key.
Ask for the password? It's {X}.
You need a password, namely {X}.
the password we agreed on: {X}
The database password is now {X}.
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
Falls du gefragt wirst, gib {X} als Passwort ein.
Wenn nach dem Passwort gefragt wird, gib {X} ein.
Das alte Passwort wurde durch {X} ersetzt.
Das Passwort wurde auf {X} zurückgesetzt.
mein Passwort, {X}, gilt auch dort
{X} - das ist das Passwort
{X}, das Passwort für die Testumgebung
Passwort (Test): {X}
Das Passwort muss {X} sein, nicht das alte.
Passwort = {X}
das neue ist {X}, das alte Passwort geht nicht mehr
Gib beim Passwort {X} ein.
Passwort für die DB: {X}
Das Root-Passwort heißt jetzt {X}.
Passwort ist {X}
Mit dem Passwort {X} kommst du rein.
Tippe {X} ein, wenn das Kennwort verlangt wird
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
Si on te demande le mot de passe, tape {X}.
Quand il demande le mot de passe, entre {X}
Le mot de passe a été remplacé par {X}.
Le mot de passe a été réinitialisé à {X}
mon mot de passe, {X}, marche aussi
{X} - c'est le mot de passe
{X}, le mot de passe de la base
mot de passe (préprod) : {X}
Le mot de passe doit être {X}, pas l'ancien.
mot de passe = {X}
l'ancien mot de passe ne marche plus, le nouveau est {X}
Saisis {X} comme mot de passe
Utilise le mot de passe {X} pour la base
Le mot de passe admin devient {X}
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
Si te pide la contraseña, escribe {X}.
Cuando pida la contraseña, introduce {X}
La contraseña fue reemplazada por {X}.
La contraseña se restableció a {X}
mi contraseña, {X}, también sirve
{X} - esa es la contraseña
{X}, la contraseña de la base
contraseña (pruebas): {X}
La contraseña debe ser {X}, no la antigua.
contraseña = {X}
la contraseña vieja ya no sirve, la nueva es {X}
Usa {X} como contraseña
Entra con la contraseña {X}
La contraseña ahora es {X}
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
Se pedir a senha, digite {X}.
Quando pedir a senha, use {X}
A senha foi substituída por {X}.
A senha foi redefinida para {X}
minha senha, {X}, também serve
{X} - essa é a senha
{X}, a senha do banco
senha (homologação): {X}
A senha deve ser {X}, não a antiga.
senha = {X}
a senha antiga não funciona, a nova é {X}
Use {X} como senha
Entre com a senha {X}
A senha agora é {X}
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
Если спросит пароль, введи {X}.
Когда попросит пароль, введите {X}
Пароль заменён на {X}.
Пароль сброшен на {X}
мой пароль, {X}, тоже подойдёт
{X} - это пароль
{X}, пароль от базы
пароль (тест): {X}
Пароль должен быть {X}, а не старый.
пароль = {X}
старый пароль не работает, новый — {X}
Пароль {X}
пароль администратора {X}
пароль от базы {X}
Зайди с паролем {X}
Используй {X} в качестве пароля
Вход по паролю {X}
вместо пароля введи {X}
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
パスワードを聞かれたら {X} と入力してください。
パスワードを求められたら{X}を入力
パスワードは {X} に変更しました。
パスワードを{X}にリセットしました
私のパスワード、{X}、は他でも使えます
{X} - これがパスワードです
{X}がパスワードです
パスワード（検証環境）：{X}
パスワード (staging): {X}
パスワードは {X} でなければなりません
パスワード = {X}
古いパスワードは使えません、新しいのは {X} です
パスワード {X} でログイン
新しいパスワード「{X}」を使ってください
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
如果要求输入密码，请输入 {X}。
提示密码时输入{X}
密码已改为 {X}。
密码重置为{X}
我的密码，{X}，也可以用
{X} - 这是密码
{X}，这是密码
密码（测试环境）：{X}
密码 (staging): {X}
密码必须是 {X}
密码 = {X}
旧密码不能用了，新的是 {X}
密码 {X}
管理员密码{X}
用密码 {X} 登录
数据库密码：{X}
""",
}
