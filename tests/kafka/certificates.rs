//! Certificates for a broker's TLS doors. In: a folder; out: an authority, a server certificate it signed for 127.0.0.1
//! and one that expired long ago, made by `openssl`; knows nothing of Kafka.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Files that `openssl ca` keeps its books in, and what it writes into a server's certificate.
const CONFIG: &str = "\
[ca]
default_ca = here
[here]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
x509_extensions = server
[any]
commonName = supplied
[server]
subjectAltName = IP:127.0.0.1,DNS:localhost
extendedKeyUsage = serverAuth
";

/// Each server file holds the private key and the certificate, as Kafka reads PEM keystores.
pub struct Certificates {
    pub authority: PathBuf,
    pub good: PathBuf,
    pub expired: PathBuf,
}

impl Certificates {
    pub fn make(folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        for (name, text) in [("ca.cnf", CONFIG), ("index.txt", ""), ("serial", "01\n")] {
            fs::write(folder.join(name), text).unwrap();
        }
        key(folder, "ca.key");
        openssl(folder, "req -new -x509 -key ca.key -subj /CN=authority -days 3650 -out ca.pem");
        Self {
            authority: folder.join("ca.pem"),
            good: signed(folder, "good", "20200101000000Z", "20991231000000Z"),
            expired: signed(folder, "expired", "20200101000000Z", "20200201000000Z"),
        }
    }
}

fn signed(folder: &Path, name: &str, from: &str, until: &str) -> PathBuf {
    key(folder, &format!("{name}.key"));
    openssl(folder, &format!("req -new -key {name}.key -subj /CN=localhost -out {name}.csr"));
    let files = format!("-cert ca.pem -keyfile ca.key -in {name}.csr -out {name}.crt");
    openssl(folder, &format!("ca -config ca.cnf -batch -notext -startdate {from} -enddate {until} {files}"));
    let read = |end: &str| fs::read_to_string(folder.join(format!("{name}.{end}"))).unwrap();
    let path = folder.join(format!("{name}.pem"));
    fs::write(&path, read("key") + &read("crt")).unwrap();
    path
}

/// As PKCS 8, the only form Java reads.
fn key(folder: &Path, name: &str) {
    openssl(folder, &format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {name}"));
}

fn openssl(folder: &Path, arguments: &str) {
    let output = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}
