#!/bin/sh
# An agency's directory for the benchmark: slapd.sh FOLDER PEOPLE PASSWORD. Passwords are {SSHA}, which costs a
# directory next to nothing: what is measured is the way there.
set -eu
dir=$1 people=$2 password=$3
suffix=dc=agency,dc=vn
mkdir -p "$dir/db"
cd "$dir"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 \
  -subj '/CN=Benchmark CA' -addext basicConstraints=critical,CA:TRUE
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.csr \
  -subj /CN=ldap.agency.localhost
printf 'subjectAltName=DNS:ldap.agency.localhost\nextendedKeyUsage=serverAuth\n' > ext
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out server.pem
cat > slapd.conf <<CONF
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile $dir/slapd.pid
loglevel none
TLSCACertificateFile $dir/ca.pem
TLSCertificateFile $dir/server.pem
TLSCertificateKeyFile $dir/server.key
TLSVerifyClient never
database mdb
suffix "$suffix"
rootdn "cn=searcher,$suffix"
rootpw "$password"
directory $dir/db
dbnosync
index uid eq
CONF
hash=$(/usr/sbin/slappasswd -h '{SSHA}' -s "$password")
{
  printf 'dn: %s\nobjectClass: dcObject\nobjectClass: organization\no: Agency\ndc: agency\n\n' "$suffix"
  printf 'dn: ou=people,%s\nobjectClass: organizationalUnit\nou: people\n\n' "$suffix"
  i=0
  while [ "$i" -lt "$people" ]; do
    printf 'dn: uid=agency%d,ou=people,%s\nobjectClass: inetOrgPerson\nuid: agency%d\n' "$i" "$suffix" "$i"
    printf 'cn: Agency %d\nsn: Agency\nmail: agency%d@agency.vn\nuserPassword: %s\n\n' "$i" "$i" "$hash"
    i=$((i + 1))
  done
} > people.ldif
/usr/sbin/slapadd -f slapd.conf -l people.ldif
