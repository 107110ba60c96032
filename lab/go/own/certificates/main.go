// Command certificates writes the keys of one lab into a folder: an authority, a pair for each name on the command
// line (name=common-name or name=common-name/group), and the key that signs service account tokens.
//
//	certificates FOLDER ADDRESS,ADDRESS... NAME=SUBJECT...
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const lifetime = 10 * 365 * 24 * time.Hour

func main() {
	if len(os.Args) < 3 {
		log.Fatal("usage: certificates FOLDER ADDRESS,ADDRESS... NAME=SUBJECT...")
	}
	folder, addresses := os.Args[1], strings.Split(os.Args[2], ",")
	authority, authorityKey := template(pkix.Name{CommonName: "lab"}, nil), newKey()
	authority.IsCA, authority.BasicConstraintsValid = true, true
	authority.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	write(folder, "ca", authority, authority, authorityKey, authorityKey)
	for _, wish := range os.Args[3:] {
		name, subject, _ := strings.Cut(wish, "=")
		common, group, grouped := strings.Cut(subject, "/")
		who := pkix.Name{CommonName: common}
		if grouped {
			who.Organization = []string{group}
		}
		write(folder, name, template(who, addresses), authority, newKey(), authorityKey)
	}
	accounts := newKey()
	public, err := x509.MarshalPKIXPublicKey(&accounts.PublicKey)
	must(err)
	save(filepath.Join(folder, "accounts.pub"), "PUBLIC KEY", public)
	saveKey(filepath.Join(folder, "accounts.key"), accounts)
}

// template is valid for servers and clients alike; each name in a lab is both or harmless as either.
func template(subject pkix.Name, addresses []string) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	must(err)
	made := &x509.Certificate{
		SerialNumber: serial,
		Subject:      subject,
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(lifetime),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, address := range addresses {
		if ip := net.ParseIP(address); ip != nil {
			made.IPAddresses = append(made.IPAddresses, ip)
		} else {
			made.DNSNames = append(made.DNSNames, address)
		}
	}
	return made
}

func write(folder, name string, made, authority *x509.Certificate, key, authorityKey *ecdsa.PrivateKey) {
	raw, err := x509.CreateCertificate(rand.Reader, made, authority, &key.PublicKey, authorityKey)
	must(err)
	save(filepath.Join(folder, name+".crt"), "CERTIFICATE", raw)
	saveKey(filepath.Join(folder, name+".key"), key)
}

func newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	return key
}

func saveKey(path string, key *ecdsa.PrivateKey) {
	raw, err := x509.MarshalECPrivateKey(key)
	must(err)
	save(path, "EC PRIVATE KEY", raw)
}

func save(path, kind string, raw []byte) {
	must(os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}), 0o600))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
