// SPDX-License-Identifier: GPL-2.0-or-later
// Certificates for `virsh migrate --tls`, good for a day and made by the openssl program.
#pragma once

#include <filesystem>

namespace mig::validate::libvirt {

/// Writes the six files that libvirt's migrate_tls_x509_cert_dir wants. Throws CouldNotRun.
void make_certificates(const std::filesystem::path& folder);

}  // namespace mig::validate::libvirt
