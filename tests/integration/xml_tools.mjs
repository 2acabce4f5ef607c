// What other implementations say about our XML: libxml2's schema validator with the OASIS schemas of Debian's
// opensaml-schemas (no network), and xmlsec1's command line.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const oasis = '/usr/share/xml/opensaml', w3 = '/usr/share/xml/xmltooling';
const catalog = `<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">
<uri name="http://www.w3.org/TR/2002/REC-xmldsig-core-20020212/xmldsig-core-schema.xsd" uri="file://${w3}/xmldsig-core-schema.xsd"/>
<uri name="http://www.w3.org/TR/2002/REC-xmlenc-core-20021210/xenc-schema.xsd" uri="file://${w3}/xenc-schema.xsd"/>
<uri name="http://www.w3.org/2001/xml.xsd" uri="file://${w3}/xml.xsd"/>
</catalog>`;
const imported = {
  'urn:oasis:names:tc:SAML:2.0:protocol': `${oasis}/saml-schema-protocol-2.0.xsd`,
  'urn:oasis:names:tc:SAML:2.0:metadata': `${oasis}/saml-schema-metadata-2.0.xsd`,
  'urn:oasis:names:tc:SAML:metadata:ui': `${oasis}/sstc-saml-metadata-ui-v1.0.xsd`,
  'urn:oasis:names:tc:SAML:metadata:algsupport': `${oasis}/sstc-saml-metadata-algsupport-v1.0.xsd`,
  'urn:oasis:names:tc:SAML:metadata:attribute': `${oasis}/sstc-metadata-attr.xsd`,
  'http://schemas.xmlsoap.org/soap/envelope/': `${w3}/soap-envelope.xsd`,
  'http://www.w3.org/2009/xmlenc11#': `${w3}/xenc11-schema.xsd`,
};
const schema = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
${Object.entries(imported).map(([ns, file]) => `<xs:import namespace="${ns}" schemaLocation="file://${file}"/>`).join('\n')}
</xs:schema>`;

// Runs a program over files made of the given texts; {name} in an argument is the file of that text.
function over(texts, program, args, env = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'nixa-xml-'));
  try {
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(dir, name), text);
    const at = (arg) => arg.replace(/\{([\w.]+)\}/g, (_, name) => join(dir, name));
    const r = spawnSync(program, args.map(at), { encoding: 'utf8', maxBuffer: 1 << 24, env: { ...process.env,
      ...Object.fromEntries(Object.entries(env).map(([k, v]) => [k, at(v)])) } });
    const made = args.includes('{out}') && r.status === 0 ? readFileSync(join(dir, 'out'), 'utf8') : '';
    return { good: r.status === 0, said: `${r.error ?? ''}${r.stdout}${r.stderr}`, made };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

export const schemaCheck = (xml) => over({ xml, schema, catalog }, 'xmllint',
  ['--nonet', '--noout', '--schema', '{schema}', '{xml}'], { XML_CATALOG_FILES: '{catalog}' });

export const pem = (base64, label = 'CERTIFICATE') =>
  `-----BEGIN ${label}-----\n${base64.match(/.{1,64}/g).join('\n')}\n-----END ${label}-----\n`;

const ids = ['protocol:Response', 'protocol:ArtifactResponse', 'protocol:LogoutRequest', 'protocol:LogoutResponse',
  'protocol:AuthnRequest', 'assertion:Assertion', 'metadata:EntityDescriptor', 'metadata:EntitiesDescriptor']
  .flatMap((name) => ['--id-attr:ID', `urn:oasis:names:tc:SAML:2.0:${name}`]);

// Whether the signature that is a child of the element (an XPath) was made by the key of the certificate (bare base64).
export const signatureCheck = (xml, element, certificate) => over({ xml, cert: pem(certificate) }, 'xmlsec1',
  ['--verify', '--pubkey-cert-pem', '{cert}', ...ids, '--node-xpath', `${element}/*[local-name()='Signature']`, '{xml}']);

// The document with its encrypted element in clear, by the private key (PEM).
export const decrypt = (xml, key) => over({ xml, key }, 'xmlsec1', ['--decrypt', '--privkey-pem', '{key}', '--output', '{out}', '{xml}']);
