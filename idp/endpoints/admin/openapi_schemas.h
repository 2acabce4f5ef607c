/* The schemas that calls.def names, as OpenAPI 3.1 has them. */
#ifndef NX_ENDPOINTS_ADMIN_OPENAPI_SCHEMAS_H
#define NX_ENDPOINTS_ADMIN_OPENAPI_SCHEMAS_H

#define TEXT "{\"type\":\"string\"}"
#define MAYBE "{\"type\":[\"string\",\"null\"]}"
#define TIME "{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}"
#define TEXTS "{\"type\":\"array\",\"items\":" TEXT "}"
#define BOOLEAN "{\"type\":\"boolean\"}"
#define INTEGER "{\"type\":\"integer\"}"
#define WORDS(words) "{\"type\":\"string\",\"enum\":[" words "]}"
#define OBJECT(members) "{\"type\":\"object\",\"properties\":{" members "}}"
#define LIST(members) OBJECT("\"items\":{\"type\":\"array\",\"items\":" OBJECT(members) "},\"next\":" MAYBE)

static const struct {
    const char *name;
    const char *json;
} openapi_schemas[] = {
    {"Problem", OBJECT("\"type\":" TEXT ",\"title\":" TEXT ",\"status\":" INTEGER ",\"detail\":" TEXT
                       ",\"request_id\":" TEXT)},
    {"Reason", OBJECT("\"reason\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":200}")},
    {"QrIdentityList",
     LIST("\"id\":" TEXT
          ",\"status\":" WORDS("\"pending\",\"active\",\"suspended\",\"revoked\"") ",\"kind\":" WORDS(
              "\"device\",\"paper\"") ",\"label\":" MAYBE ",\"primary\":" BOOLEAN ",\"issued_at\":" TIME
                                      ",\"expires_at\":" TIME ",\"used_at\":" TIME
                                      ",\"key_thumbprint\":" MAYBE)},
    {"QrIdentityRequest", "{\"type\":\"object\",\"required\":[\"kind\"],\"properties\":{\"kind\":" WORDS(
                              "\"device\",\"paper\"") ",\"jwk\":{\"type\":\"object\"},\"label\":" TEXT "}}"},
    {"QrIdentityMade",
     OBJECT("\"id\":" TEXT ",\"handle\":" TEXT ",\"card\":" TEXT ",\"pin\":" TEXT ",\"enrolment\":" TEXT)},
    {"CredentialList", LIST("\"id\":" TEXT ",\"type\":" WORDS(
                           "\"password\",\"totp\",\"hotp\",\"recovery\"") ",\"state\":" WORDS(
                           "\"pending\",\"active\"") ",\"level\":" TEXT ",\"label\":" MAYBE ",\"left\":" INTEGER
                                                   ",\"created_at\":" TIME ",\"used_at\":" TIME)},
    {"CredentialRequest", "{\"type\":\"object\",\"required\":[\"type\"],\"properties\":{\"type\":" WORDS(
                              "\"totp\",\"hotp\"") ",\"label\":" TEXT "}}"},
    {"CredentialMade", OBJECT("\"id\":" TEXT ",\"otpauth_uri\":" TEXT)},
    {"PasskeyList",
     LIST("\"id\":" TEXT ",\"name\":" TEXT ",\"state\":" WORDS("\"active\",\"flagged\"") ",\"level\":" TEXT
          ",\"model\":" TEXT ",\"attested\":" BOOLEAN ",\"backup_eligible\":" BOOLEAN
          ",\"qr_identity\":" MAYBE ",\"created_at\":" TIME ",\"used_at\":" TIME)},
    {"PasskeyLevel", "{\"type\":\"object\",\"required\":[\"level\"],\"properties\":{\"level\":" WORDS(
                         "\"m1\",\"m2\",\"m3\",\"m4\"") "}}"},
    {"PasskeyModel",
     "{\"type\":\"object\",\"required\":[\"name\",\"allowed\",\"biometric\"],\"properties\":{\"aaguid\":" TEXT
     ",\"name\":" TEXT ",\"allowed\":" BOOLEAN ",\"biometric\":" BOOLEAN ",\"anchors\":" TEXT
     ",\"updated_at\":" TIME "}}"},
    {"PasskeyModelList", LIST("\"aaguid\":" TEXT ",\"name\":" TEXT ",\"allowed\":" BOOLEAN ",\"biometric\":" BOOLEAN
                              ",\"anchors\":" TEXT ",\"updated_at\":" TIME)},
    {"SessionList", LIST("\"id\":" TEXT ",\"subject\":" TEXT ",\"acr\":" TEXT ",\"level\":" TEXT
                         ",\"amr\":" TEXTS ",\"client_ids\":" TEXTS ",\"qr_id\":" MAYBE ",\"agent\":" MAYBE
                         ",\"created\":" TIME ",\"last_seen\":" TIME ",\"expires\":" TIME)},
    {"Upstream",
     "{\"type\":\"object\",\"required\":[\"kind\",\"name\",\"issuer\",\"config\"],\"properties\":{\"id\":" TEXT
     ",\"kind\":" WORDS("\"oidc\",\"saml\",\"ldap\",\"radius\",\"kerberos\"") ",\"state\":" WORDS(
         "\"on\",\"off\"") ",\"name\":" TEXT ",\"name_vi\":" TEXT ",\"organisation\":" MAYBE ",\"issuer\":" TEXT
                             ",\"level_cap\":" TEXT ",\"proofing\":" TEXT ",\"jit\":{},\"trusts_national_id\":" BOOLEAN
                             ",\"config\":{\"type\":\"object\"},\"secrets\":" TEXTS
                             ",\"metadata\":{\"type\":\"object\"},\"health\":{\"type\":\"object\"},\"addresses\":{\"type\":\"object\"},\"version\":" INTEGER
                             ",\"created\":" TIME ",\"updated\":" TIME "}}"},
    {"UpstreamList", LIST("\"id\":" TEXT ",\"kind\":" TEXT ",\"state\":" TEXT ",\"health\":" TEXT ",\"name\":" TEXT
                          ",\"level_cap\":" TEXT ",\"failures\":" INTEGER)},
    {"LinkList", LIST("\"upstream\":" TEXT ",\"subject\":" TEXT ",\"how\":" TEXT ",\"created\":" TIME
                      ",\"used\":" TIME)},
    {"Receipt",
     OBJECT(
         "\"seq\":" INTEGER ",\"act\":" TEXT ",\"scope\":" TEXT ",\"target\":" TEXT ",\"subject\":" MAYBE
         ",\"reason\":" TEXT ",\"actor\":" TEXT ",\"state\":" WORDS(
             "\"pending\",\"applied\"") ",\"at\":" TIME
                                        ",\"portals\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}")},
    {"ClientList", LIST("\"id\":" TEXT ",\"name\":" TEXT ",\"state\":" TEXT ",\"owner\":" TEXT
                        ",\"unreachable\":" BOOLEAN ",\"created\":" TIME)},
    {"Client",
     OBJECT("\"client_id\":" TEXT ",\"state\":" WORDS(
         "\"active\",\"suspended\",\"revoked\"") ",\"owner\":" TEXT ",\"sector\":" TEXT
                                                 ",\"legal_basis\":" MAYBE ",\"unreachable\":" BOOLEAN
                                                 ",\"created\":" TIME ",\"updated\":" TIME)},
    {"AuditList", LIST("\"seq\":" INTEGER ",\"at\":" TIME ",\"actor\":" TEXT ",\"type\":" TEXT
                       ",\"subject\":" MAYBE ",\"detail\":{\"type\":\"object\"},\"hash\":" TEXT)},
    {"AuditVerdict", OBJECT("\"whole\":" BOOLEAN ",\"rows\":" INTEGER
                            ",\"broken_at\":{\"type\":[\"integer\",\"null\"]},\"head\":" TEXT)},
    {"KeyList", LIST("\"kid\":" TEXT ",\"use\":" TEXT ",\"alg\":" TEXT ",\"state\":" WORDS(
                    "\"next\",\"active\",\"retired\"") ",\"published\":" TIME ",\"retire_after\":" TIME)},
    {"SamlProviderList",
     LIST("\"id\":" TEXT ",\"entity_id\":" TEXT ",\"name\":" TEXT ",\"state\":" TEXT ",\"source\":" WORDS(
         "\"upload\",\"url\",\"mdq\"") ",\"url\":" MAYBE ",\"unreachable\":" BOOLEAN ",\"valid_until\":" TIME
                                       ",\"fetched\":" TIME ",\"refresh\":" TIME ",\"failures\":" INTEGER
                                       ",\"failed_at\":" TIME ",\"last_error\":" MAYBE ",\"version\":" INTEGER)},
    {"SamlProvider",
     OBJECT("\"id\":" TEXT ",\"entity_id\":" TEXT ",\"name\":" TEXT ",\"name_vi\":" TEXT ",\"state\":" TEXT
            ",\"source\":" TEXT ",\"url\":" MAYBE ",\"sector\":" TEXT ",\"scope\":" TEXT ",\"owner\":" TEXT
            ",\"legal_basis\":" MAYBE ",\"unreachable\":" BOOLEAN ",\"settings\":{\"type\":\"object\"}"
            ",\"valid_until\":" TIME ",\"cache_duration\":" INTEGER ",\"fetched\":" TIME ",\"refresh\":" TIME
            ",\"failures\":" INTEGER ",\"failed_at\":" TIME ",\"last_error\":" MAYBE ",\"version\":" INTEGER
            ",\"digest\":" TEXT ",\"assertion_consumers\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}"
            ",\"logouts\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}"
            ",\"keys\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}"
            ",\"requested\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}"
            ",\"notes\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}")},
    {"SamlProviderUrl",
     "{\"type\":\"object\",\"required\":[\"metadata_url\"],\"properties\":{\"metadata_url\":" TEXT
     ",\"certificate\":" TEXT ",\"fingerprint\":" TEXT ",\"entity_id\":" TEXT
     ",\"settings\":{\"type\":\"object\"},\"legal_basis\":" TEXT "}}"},
    {"SamlSettings",
     OBJECT("\"idp_initiated\":" BOOLEAN ",\"encrypt\":" WORDS("\"auto\",\"always\",\"never\"") ",\"sign\":" WORDS(
         "\"rsa\",\"ec\"") ",\"signed\":" WORDS("\"both\",\"assertion\"") ",\"cap\":" INTEGER ",\"claims\":" TEXTS ",\"legal_basis\":" MAYBE)},
    {"SamlFindings", OBJECT("\"good\":" BOOLEAN ",\"items\":{\"type\":\"array\",\"items\":" OBJECT(
                         "\"line\":" INTEGER ",\"kind\":" WORDS("\"error\",\"note\"") ",\"text\":" TEXT) "}")},
    {"KeyRotation", OBJECT("\"use\":" TEXT ",\"now\":" BOOLEAN)},
    {"KioskList", LIST("\"id\":" TEXT ",\"name\":" TEXT ",\"place\":" TEXT ",\"organisation\":" MAYBE
                       ",\"state\":" WORDS("\"pending\",\"active\",\"revoked\"") ",\"created\":" TIME
                                                                               ",\"enrolled_at\":" TIME)},
    {"KioskRequest", "{\"type\":\"object\",\"required\":[\"name\",\"place\"],\"properties\":{\"name\":" TEXT
                     ",\"place\":" TEXT ",\"organisation\":" TEXT "}}"},
    {"KioskMade", OBJECT("\"id\":" TEXT ",\"enrolment\":" TEXT ",\"expires_in\":" INTEGER)},
    {"CounterList", LIST("\"person\":" TEXT ",\"name\":" TEXT ",\"place\":" TEXT ",\"organisation\":" MAYBE
                         ",\"added\":" TIME)},
    {"CounterRequest", "{\"type\":\"object\",\"required\":[\"person\",\"place\"],\"properties\":{\"person\":" TEXT
                       ",\"place\":" TEXT ",\"organisation\":" TEXT "}}"},
    {"CounterMade", OBJECT("\"person\":" TEXT ",\"place\":" TEXT)},
};

#undef TEXT
#undef MAYBE
#undef TIME
#undef TEXTS
#undef BOOLEAN
#undef INTEGER
#undef WORDS
#undef OBJECT
#undef LIST

#endif
