// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/libvirt/host_files.hpp"

#include <fstream>
#include <functional>

#include "validate/base/errors.hpp"

namespace fs = std::filesystem;

namespace mig::validate::libvirt {
namespace {

// The shared folder is declared as such, else libvirt calls the migration unsafe. No helper daemons are
// there.
constexpr const char* qemu_conf = R"(stdio_handler = "file"
security_driver = "none"
cgroup_controllers = []
namespaces = []
shared_filesystems = [ "/scene" ]
migrate_tls_x509_cert_dir = "/scene/pki"
)";

// The monitor's traffic is what tells the order of libvirt's commands.
constexpr const char* daemon_conf = R"(auth_unix_rw = "none"
log_filters = "1:qemu.qemu_monitor 3:*"
log_outputs = "1:file:/host/libvirtd.log"
)";

// Stays when the daemon ends, so that QEMU outlives it as on a real host; leaves at "end", and all processes
// with it. A daemon that was told to stop takes its time, and another one does not start beside it.
constexpr const char* supervisor = R"sh(start() {
  libvirtd --timeout 0 --config /host/config/libvirt/libvirtd.conf &
  daemon=$!
}
exec 3<>/host/orders
start
while read -r order <&3; do
  case $order in
    start) wait "$daemon"; start ;;
    stop) kill "$daemon" ;;
    kill) kill -9 "$daemon" ;;
    end) exit 0 ;;
  esac
done
)sh";

void write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream out(path);
  out << text;
  if (!out.flush())
    throw CouldNotRun("cannot write " + path.string() + ": free some space or choose another folder");
}

// libvirt takes two daemons with one id for the same host.
std::string host_uuid(const std::string& host_name) {
  char text[13];
  std::snprintf(text, sizeof text, "%012zx", std::hash<std::string>()(host_name) & 0xffffffffffffU);
  return std::string("6d696777-6972-4500-8000-") + text;
}

}  // namespace

void write_host_files(const fs::path& folder, const std::string& host_name) {
  write(folder / "etc/passwd", "migwire:x:1000:1000::/host:/bin/sh\n");
  write(folder / "etc/group", "migwire:x:1000:\n");
  write(folder / "etc/hosts", "127.0.0.1 localhost source destination\n");
  write(folder / "etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n");
  write(folder / "config/libvirt/qemu.conf", qemu_conf);
  write(folder / "config/libvirt/libvirtd.conf",
        daemon_conf + std::string("host_uuid = \"") + host_uuid(host_name) + "\"\n");
  write(folder / "supervisor.sh", supervisor);
  for (const char* name : {"run", "cache"}) fs::create_directories(folder / name);
}

}  // namespace mig::validate::libvirt
