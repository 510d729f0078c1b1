"""The words that tell what a value is: what names a secret, what names something else, who issues."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from handoff.redact.providers import MORE_PROVIDERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The last word of a name that says: this is secret.
NOUNS = _set(
    "password passwd passphrase passcode pwd pass secret secrets token credential credentials creds "
    "cred apikey authkey accesskey secretkey privatekey signingkey masterkey encryptionkey dbpass "
    "authtoken accesstoken apitoken pat webhooksecret clientsecret appsecret appkey keypass "
    "userpwd authorization bearer sas jwt otp dsn kubeconfig secretaccesskey "
    "storepass userpass rootpass adminpass bindpass"
)
_NOUN_ENDS = (
    "password",
    "passwd",
    "passphrase",
    "token",
    "secret",
    "apikey",
    "credentials",
    "secretkey",
)
# `key` is secret behind one of these (or a provider's name); alone it may be any key.
KEY_KINDS = _set(
    "api access secret private auth client signing encryption app application account service master "
    "license licence ssh deploy server storage shared admin session integration webhook consumer "
    "subscription live sdk rest personal user ingest write read hmac jwt gpg crypto root global "
    "insert function host sending developer dev project organization org agent bot management "
    "partner merchant sandbox production prod staging publishable team workspace machine relay "
    "mobile environment env event tracking query provisioning recovery unlock join wallet"
)  # fmt: skip
PASSWORDS = _set(
    "password passwd passphrase passcode pwd pass dbpass keypass userpwd storepass userpass rootpass "
    "adminpass bindpass"
)
# Behind the noun, and the name still means the secret itself.
QUALIFIERS = _set(
    "prod production dev development staging stage test testing live old new current backup "
    "primary secondary main default value string plain raw b64 base64 encoded one two a b env "
    "v1 v2 v3 here now confirm confirmation again repeat retype verify"
)  # fmt: skip
# A name that ends so holds something public, whatever stands before.
BENIGN = _set(
    "sha sha1 sha256 sha512 md5 commit hash hashes digest checksum integrity revision rev version "
    "url uri host hostname endpoint path file filename dir directory name names username email "
    "channel team page issue event run job build branch repo repository image tag container network "
    "workspace domain region zone port timeout ttl limit count size length len type kind format "
    "index uuid guid etag trace span request session chat object tree blob parent head base ref "
    "snapshot layer fingerprint signature-version thumbprint id ids expiry expires time date created "
    "updated class color colour public pubkey hashed salt nonce iv algorithm alg cache primary "
    "foreign sort partition resolved merge cherry-picked from since until at by in"
)  # fmt: skip
LINKERS = _set(
    "is was are be to the as a an my our your this that it called named set now currently "
    "value string here still being like e g eg i e equals equal set-to"
)  # fmt: skip
PROVIDERS = _set(
    "1password abuseipdb accuweather adafruit adobe adzuna airbrake airship airtable airvisual aiven "
    "alchemy alchemyapi algolia alibaba aliyun amadeus amplitude anthropic anypoint apify apilayer apollo "
    "appcues appveyor artifactory asaas asana assemblyai atlassian auth0 autodesk aviationstack aws azure "
    "baidu bamboo bannerbear beamer betterstack bigcommerce binance bintray bitbucket bitfinex bitly "
    "bitrise bittrex blockfrost box braintree brave browserstack bscscan bugsnag buildkite calendly "
    "canva cerebras chargebee checkly checkout circleci cisco civo clarifai clearbit clerk clickhouse "
    "clickup clockify cloudant cloudflare cloudinary cloudsmith codacy codeclimate codecov codemagic cohere "
    "coinapi coinbase coinmarketcap configcat confluence confluent contentful convertkit couchbase "
    "coveralls cratesio crowdin crunchbase currencylayer cypress databento databricks datadog datagov "
    "deepgram deepl deepseek deno digitalocean discord disqus docker dockerhub docusign doppler "
    "droneci drone dropbox duffel dwolla dynatrace easypost ebay edamam elastic elasticsearch "
    "elevenlabs etherscan etsy eventbrite exoscale facebook fastly faunadb figma finicity finnhub "
    "firebase fixer flickr flutterwave foursquare frameio freemius freshbooks freshdesk freshsales fullstory "
    "gcp gemini geoapify ghost gitea giphy gitlab gitter gocardless godaddy google grafana greptile groq gumroad harness "
    "hashicorp hasura helpscout heroku hetzner honeybadger honeycomb hubspot huggingface hunter "
    "ibm infracost infura instagram intercom intra42 ipdata ipinfo ipstack jenkins jfrog jira "
    "jumpcloud kagi keycloak klaviyo kraken kucoin langsmith lark launchdarkly linear linkedin linode lob "
    "logdna loggly logzio lokalise looker mailchimp mailerlite mailgun mailjet mandrill mapbox mapquest mattermost maxmind "
    "meraki messagebird meta minimax miro mistral mixpanel monday mongodb mux nasdaq neon netlify newrelic newsapi "
    "nexmo ngrok notion npm nuget nvidia nylas nytimes octopus okta ollama onelogin onesignal openai opencage "
    "openrouter openshift openweather openweathermap opsgenie optimizely ovh packagist paddle pagerduty "
    "paypal paystack pendo percy perplexity phrase pinecone pinterest pipedrive plaid planetscale plivo polygon postman postmark posthog "
    "prefect privateai prismic pubnub pulumi pusher pypi quickbooks rabbitmq railway rapidapi razorpay readme "
    "recurly reddit redis replicate resend ringcentral rollbar rubygems runpod salesforce samsara saucelabs scaleway "
    "scalingo scalr scrapingbee segment semaphore sendbird sendgrid sendinblue brevo sentry serpapi settlemint shippo "
    "shodan shopify sidekiq slack smartsheet smartling snowflake snyk softlayer sonar sonarqube sonarcloud sourcegraph sparkpost spotify "
    "square squarespace stability statuspage strava stripe stytch sumo sumologic supabase surveymonkey tableau tailscale "
    "telegram telnyx terraform tiktok tinybird todoist togetherai trello travis travisci tumblr twelvedata twilio twitch twitter typeform "
    "unsplash upcloud upstash uptimerobot vault vercel virustotal vimeo vonage voyageai vultr wakatime wandb "
    "weatherapi weatherstack webex webflow wix woocommerce wordpress workos xata xero yahoo yandex yelp youtube zapier zendesk "
    "zeplin zoho zoom zulip jotform nytimes newyorktimes finicity contribsys privatebin kubernetes telegr clojars newyork flyio"
) | MORE_PROVIDERS  # fmt: skip
IDENTITIES = _set(
    "id ids uuid guid ulid sha commit hash digest checksum etag nonce iv salt fingerprint revision "
    "rev trace span"
)
_KEY_IDS = ("client", "access", "key", "app", "application", "api")
_PLACEHOLDER = re.compile(
    r"""(?ix) ^(?:
      [x*.•_\-=#0]{3,} | .*\.\.\..* | <.* | \$.* | %\(?\w+\)?[s%]? | \{.* | \[.* | @@?\w+@?
    | (?:your|my|the|our|some|any|an?|insert|enter|put|add|replace|change|set|use|paste)[-_ ].*
    | (?:super|top|very|my)?[-_]?secret[-_]?(?:key|token|password|value|\d{0,3})?
    | (?:my|your|the|some|user|admin|root|test|db|database|postgres|mysql)?[-_]?(?:pass(?:word|wd|phrase)?|pwd|pw|token|key|apikey|api[-_]key)(?:[-_]?(?:here|\d{1,3}|value|string|hash))?
    | 0x[0-9a-f]{1,12} | change[-_]?(?:me|this|it) | replace[-_]?me | place[-_]?holder.* | example.* | .*[-_.]example | .*do[-_]?not[-_]?use.* | sample.* | dummy.* | fake.* | mock.*
    | (?:access|refresh|id|auth|valid|invalid|expired|mock)[-_]?(?:token)?[-_]?\d{0,4}
    | tests?(?:ing)?(?:[-_].*)? | todo.* | fixme | none | null | nil | true | false | yes | no | undefined | unset | empty | default | optional | required
    | redacted.* | hidden | masked | removed | omitted | foo(?:bar)?(?:baz)? | ba[rz] | qwerty | hunter | letmein
    | str(?:ing)? | int(?:eger)? | bool(?:ean)? | bytes? | number | object | any | void | self | this | auto | manual | local(?:host)?
    | sha-?\d{1,3}(?:[-_]\w+)? | md5 | base-?(?:16|32|58|62|64)(?:url)? | oauth-?2?\w* | utf-?\d+ | u?int\d+(?:_t)? | float\d+ | [rh]s\d{3} | aes-?\d+\S* | argon2\w* | bcrypt | pbkdf2\w* | scrypt | x\.?509 | pkcs\d+ | ed25519 | http[12s]? | ipv[46] | ssl(?:v\d)? | tls\S* | latin-?1
    )$"""
)  # fmt: skip
_BUNDLERS = (
    *(("vite",), ("gatsby",), ("next", "public"), ("expo", "public"), ("nuxt", "public")),
    *(("react", "app"), ("vue", "app")),
)
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def is_placeholder(value: str) -> bool:
    """Whether a value says that something else belongs in its place, or is a plain constant."""
    return _PLACEHOLDER.match(value[:80]) is not None


@lru_cache(maxsize=8192)
def parts(name: str) -> tuple[str, ...]:
    """The words of an identifier, lower case: `awsSecretKey_2` -> aws, secret, key, 2."""
    return tuple(part.lower() for part in _PARTS.findall(name))


def names_secret(name: Sequence[str]) -> bool:
    """Whether the words of a name end in what is secret: `api key`, `db password prod`."""
    at = len(name)
    while at > 1 and (name[at - 1] in QUALIFIERS or name[at - 1].isdigit()):
        at -= 1
    if not at:
        return False
    last = name[at - 1]
    if (
        at > 1 and name[at - 2] in ("existing", "pull") and last.startswith("secret")
    ):  # Helm's and Kubernetes' names of secrets
        return False
    if last in NOUNS or (len(last) > 6 and last.endswith(_NOUN_ENDS)):
        return "public" not in name[:at]
    before = name[at - 2] if at > 1 else ""
    if last in ("key", "keys"):
        return before in KEY_KINDS or names_provider(name[: at - 1])
    return last == "signature" and before in ("sas", "amz")


def names_password(name: Sequence[str]) -> bool:
    """Whether the name is of a password, which people choose: short ones count too."""
    return any(part in PASSWORDS or part.endswith(("password", "passphrase")) for part in name)


def names_provider(name: Sequence[str]) -> bool:
    """Whether a word, or two side by side (`new relic`, `GitHub`), name somebody who issues keys."""
    if not PROVIDERS.isdisjoint(name):
        return True
    return any(a + b in PROVIDERS for a, b in pairwise(name))


def names_identity(name: tuple[str, ...]) -> bool:
    """Whether the name is of what a thing is known by, not of what opens it."""
    while name and name[-1].isdigit():
        name = name[:-1]
    return bool(name) and name[-1] in IDENTITIES and not names_key_id(name)


def names_published(name: Sequence[str]) -> bool:
    """Whether it is an id that a bundler writes into a page: `VITE_CLIENT_ID`, `NEXT_PUBLIC_APP_ID`."""
    is_bundled = name[:1] in _BUNDLERS or name[:2] in _BUNDLERS
    return is_bundled and name[-1] == "id"


def names_key_id(name: Sequence[str]) -> bool:
    """Whether it is an id that comes with a key, such as `client id`."""
    return len(name) > 1 and name[-1] == "id" and name[-2] in _KEY_IDS
