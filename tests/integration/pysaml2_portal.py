"""A portal on Debian's python3-pysaml2, unmodified: what one writes around the library and no more.

Its argument is a JSON plan: port, dir (key and certificate files), idp (file with our metadata), ca. It prints one line
when it answers. GET / signs on (?binding=artifact, ?level=CLASS), /logout?by=redirect|post|soap signs out.
"""
import json
import secrets
import sys
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from os.path import join
from threading import Lock
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree

from saml2 import BINDING_HTTP_ARTIFACT, BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, BINDING_SOAP
from saml2.client import Saml2Client
from saml2.config import SPConfig
from saml2.ident import code
from saml2.metadata import create_metadata_string
from saml2.s_utils import success_status_factory
from saml2.saml import AuthnContextClassRef
from saml2.samlp import RequestedAuthnContext
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

# The library writes the body of an envelope anew before it verifies it, by ElementTree, which would give prefixes of its own
# and so break the signature. Telling it which prefixes a peer uses is all that it needs.
for prefix, uri in [("samlp", "urn:oasis:names:tc:SAML:2.0:protocol"), ("saml", "urn:oasis:names:tc:SAML:2.0:assertion"),
                    ("ds", "http://www.w3.org/2000/09/xmldsig#"), ("xenc", "http://www.w3.org/2001/04/xmlenc#"),
                    ("xenc11", "http://www.w3.org/2009/xmlenc11#")]:
    ElementTree.register_namespace(prefix, uri)

plan = json.loads(sys.argv[1])
base = f"http://py.localhost:{plan['port']}"
own = lambda name: join(plan["dir"], name)
lock = Lock()
sessions = {}  # cookie: (NameID, what is known of her)
outstanding = {}  # request: where to go
BY = {"redirect": BINDING_HTTP_REDIRECT, "post": BINDING_HTTP_POST, "soap": BINDING_SOAP}


def make_client():
    config = SPConfig()
    config.load({
        "entityid": f"{base}/metadata",
        "key_file": own("sign.key"), "cert_file": own("sign.pem"),
        "encryption_keypairs": [{"key_file": own("encrypt.key"), "cert_file": own("encrypt.pem")}],
        "metadata": {"local": [plan["idp"]]},
        "ca_certs": plan["ca"], "verify_ssl_cert": True, "accepted_time_diff": 10, "allow_unknown_attributes": True,
        "signing_algorithm": SIG_RSA_SHA256, "digest_algorithm": DIGEST_SHA256,
        "service": {"sp": {
            "name": "A portal", "authn_requests_signed": True, "want_assertions_signed": True, "want_response_signed": True,
            "logout_requests_signed": True, "logout_responses_signed": True, "allow_unsolicited": False,
            "endpoints": {
                "assertion_consumer_service": [(f"{base}/acs", BINDING_HTTP_POST), (f"{base}/artifact", BINDING_HTTP_ARTIFACT)],
                "single_logout_service": [(f"{base}/slo/soap", BINDING_SOAP), (f"{base}/slo/redirect", BINDING_HTTP_REDIRECT),
                                          (f"{base}/slo/post", BINDING_HTTP_POST)]}}}})
    return Saml2Client(config)


client = make_client()


def idp():
    return next(iter(client.metadata.identity_providers()))


def forget(name):
    """Everybody of that name."""
    for key in [k for k, (n, _) in sessions.items() if n.text == name.text]:
        del sessions[key]


class Portal(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def say(self, status, text="", headers=(), kind="text/html"):
        body = text.encode()
        self.send_response(status)
        for name, value in [("Content-Type", kind), ("Content-Length", str(len(body))), *headers]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def leave(self, info):
        """By what apply_binding gave: a redirect, or a page with a form."""
        location = dict(info["headers"]).get("Location")
        if location:
            self.say(302, headers=[("Location", location)])
        else:
            self.say(200, "".join(info["data"]) if isinstance(info["data"], list) else info["data"])

    @property
    def mine(self):
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("portal")
        return cookie.value if cookie else None

    def do_GET(self):
        self.answer(dict(parse_qsl(urlsplit(self.path).query)))

    def do_POST(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        soap = self.headers.get("Content-Type", "").startswith("text/xml")
        self.answer({} if soap else dict(parse_qsl(self.body)))

    def answer(self, sent):
        path = urlsplit(self.path).path.strip("/").replace("/", "_") or "front"
        try:
            with lock:
                getattr(self, f"at_{path}")(sent)
        except Exception as e:  # the test reads why
            print(f"# {path}: {type(e).__name__}: {e}", file=sys.stderr, flush=True)
            self.say(403, f"{type(e).__name__}: {e}", kind="text/plain")

    def at_front(self, sent):
        if self.mine in sessions and not sent:
            known = json.dumps(sessions[self.mine][1]).replace("<", "&lt;")
            return self.say(200, f'<p id="in">{known}</p>')
        args = {}
        if "level" in sent:
            args["requested_authn_context"] = RequestedAuthnContext(
                authn_context_class_ref=[AuthnContextClassRef(text=sent["level"])], comparison="minimum")
        if sent.get("binding") == "artifact":
            args.update(response_binding=BINDING_HTTP_ARTIFACT, assertion_consumer_service_url=f"{base}/artifact")
        sid, info = client.prepare_for_authenticate(idp(), relay_state="r1", sign=True, sigalg=SIG_RSA_SHA256, **args)
        outstanding[sid] = "/"
        self.leave(info)

    def let_in(self, text, binding):
        response = client.parse_authn_request_response(text, binding, outstanding)
        key = secrets.token_hex(8)
        sessions[key] = (response.name_id, {"name": response.name_id.text, "format": response.name_id.format,
                                            "index": response.session_info()["session_index"], "claims": response.ava,
                                            "level": response.authn_info()[0][0]})
        self.say(302, headers=[("Location", "/"), ("Set-Cookie", f"portal={key}; Path=/")])

    def at_acs(self, sent):
        self.let_in(sent["SAMLResponse"], BINDING_HTTP_POST)

    def at_artifact(self, sent):
        fetched = client.artifact2message(sent["SAMLart"], "idpsso", sign=True, sign_alg=SIG_RSA_SHA256, digest_alg=DIGEST_SHA256)
        if fetched.status_code != 200:
            raise ValueError(f"artifact: {fetched.status_code} {fetched.text}")
        self.let_in(str(client.parse_artifact_resolve_response(fetched.text)), None)

    def at_logout(self, sent):
        name, _ = sessions[self.mine]
        binding = BY[sent["by"]]
        done = client.do_logout(name, [idp()], "", None, sign=True, expected_binding=binding, sign_alg=SIG_RSA_SHA256,
                                digest_alg=DIGEST_SHA256)[idp()]
        if binding == BINDING_SOAP:
            forget(name)
            client.local_logout(name)
            return self.say(200, f'<p id="out">{done.status_ok()}</p>')
        self.leave(done[1])

    def slo(self, sent, binding, text):
        if "SAMLResponse" in sent:
            response = client.parse_logout_request_response(sent["SAMLResponse"], binding)
            name, _ = sessions[self.mine]
            client.handle_logout_response(response)
            forget(name)
            return self.say(200, f'<p id="out">{response.status_ok()}</p>')
        request = client.parse_logout_request(text, binding).message
        name = request.name_id
        if not any(n.text == name.text for n, _ in sessions.values()):
            return self.say(403, "nobody of that name")
        forget(name)
        if binding == BINDING_SOAP:
            return self.soap_answer(request)
        self.leave(client.handle_logout_request(text, name, binding, sign=True, sign_alg=SIG_RSA_SHA256,
                                                digest_alg=DIGEST_SHA256, relay_state=sent.get("RelayState", "")))

    def soap_answer(self, request):
        """handle_logout_request() does the same, but stumbles over a signed answer by SOAP."""
        client.local_logout(request.name_id)
        response = client.create_logout_response(request, bindings=[BINDING_SOAP], status=success_status_factory(), sign=True,
                                                 sign_alg=SIG_RSA_SHA256, digest_alg=DIGEST_SHA256)
        info = client.apply_binding(BINDING_SOAP, response, "", response=True, sign=False)
        self.say(200, info["data"], kind="text/xml")

    def at_slo_soap(self, sent):
        self.slo(sent, BINDING_SOAP, self.body)

    def at_slo_redirect(self, sent):
        self.slo(sent, BINDING_HTTP_REDIRECT, sent.get("SAMLRequest"))

    def at_slo_post(self, sent):
        self.slo(sent, BINDING_HTTP_POST, sent.get("SAMLRequest"))

    def at_metadata(self, _):
        self.say(200, create_metadata_string(None, config=client.config, sign=False).decode(), kind="application/samlmetadata+xml")

    def at_refresh(self, _):
        """What a refresh of our metadata does."""
        global client
        users, state = client.users, client.state
        client = make_client()
        client.users, client.state = users, state
        self.say(200, "ok")

    def at_who(self, _):
        self.say(200, json.dumps([code(n) for n, _ in sessions.values()]), kind="application/json")


server = ThreadingHTTPServer(("127.0.0.1", plan["port"]), Portal)
print("ready", flush=True)
server.serve_forever()
