// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/libvirt/pki.hpp"

#include <string>
#include <vector>

#include "validate/base/child_process.hpp"
#include "validate/base/errors.hpp"
#include "validate/base/files.hpp"

namespace fs = std::filesystem;

namespace mig::validate::libvirt {
namespace {

constexpr Seconds openssl_limit = 20;

void openssl(const fs::path& folder, std::vector<std::string> arguments) {
  const auto errors = folder / "openssl.stderr";
  arguments.insert(arguments.begin(), "openssl");
  ChildProcess process({"/usr/bin/env", std::move(arguments), folder / "openssl.stdout", errors});
  (void)process.wait_for(openssl_limit);
  if (process.exit_code() != 0)
    throw CouldNotRun("openssl could not make certificates for TLS: " + tail_of(errors) +
                      ". Install openssl.");
}

// One key and name serve as authority, server and client: who holds the key is not the question here.
void certify(const fs::path& folder, const std::string& name, const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"req",
                                     "-x509",
                                     "-newkey",
                                     "ec",
                                     "-pkeyopt",
                                     "ec_paramgen_curve:P-256",
                                     "-nodes",
                                     "-days",
                                     "1",
                                     "-subj",
                                     "/CN=" + name,
                                     "-keyout",
                                     (folder / (name + "-key.pem")).string(),
                                     "-out",
                                     (folder / (name + "-cert.pem")).string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  openssl(folder, std::move(arguments));
}

}  // namespace

void make_certificates(const fs::path& folder) {
  fs::create_directories(folder);
  certify(folder, "ca", {"-addext", "keyUsage=keyCertSign"});
  certify(folder, "server",
          {"-addext", "basicConstraints=critical,CA:FALSE", "-addext", "subjectAltName=DNS:destination",
           "-CA", (folder / "ca-cert.pem").string(), "-CAkey", (folder / "ca-key.pem").string()});
  for (const std::string kind : {"cert", "key"})
    fs::copy_file(folder / ("server-" + kind + ".pem"), folder / ("client-" + kind + ".pem"));
}

}  // namespace mig::validate::libvirt
