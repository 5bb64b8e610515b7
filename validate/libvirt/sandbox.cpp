// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/libvirt/sandbox.hpp"

#include <algorithm>
#include <array>

#include "validate/base/errors.hpp"

namespace fs = std::filesystem;

namespace mig::validate::libvirt {
namespace {

using Arguments = std::vector<std::string>;

void append(Arguments& out, std::initializer_list<std::string> more) { out.insert(out.end(), more); }

// These are the host's own, whatever the machine has there.
bool is_private(const fs::path& name) {
  static constexpr std::array own{"proc", "dev", "sys", "run", "tmp", "var", "etc", "host", "scene"};
  return std::find(own.begin(), own.end(), name) != own.end();
}

void show_machine(Arguments& out) {
  for (const auto& entry : fs::directory_iterator("/")) {
    if (is_private(entry.path().filename())) continue;
    if (entry.is_symlink())
      append(out, {"--symlink", fs::read_symlink(entry.path()).string(), entry.path().string()});
    else if (entry.is_directory())
      append(out, {"--ro-bind", entry.path().string(), entry.path().string()});
  }
}

// Of an unpacked root /usr is enough; what Debian links to it is linked here.
void show_tree(const fs::path& tree, Arguments& out) {
  if (tree == "/") return show_machine(out);
  append(out, {"--ro-bind", (tree / "usr").string(), "/usr"});
  for (const std::string name : {"bin", "sbin", "lib", "lib64"})
    append(out, {"--symlink", "usr/" + name, "/" + name});
}

void show_etc(const Sandbox& sandbox, Arguments& out) {
  if (sandbox.tree == "/") append(out, {"--ro-bind", "/etc", "/etc"});
  for (const std::string name : replaced_files)
    append(out, {"--ro-bind", (sandbox.folder / "etc" / name).string(), "/etc/" + name});
}

// A wrapper needs what lies beside it, so the whole folder is shown, at its own path.
void show_qemu(const Sandbox& sandbox, Arguments& out) {
  const auto folder = fs::canonical(sandbox.qemu).parent_path();
  const auto top = folder.begin() == folder.end() ? fs::path() : *std::next(folder.begin());
  const bool of_the_machine = top == "usr" || top == "bin" || top == "sbin";
  if (of_the_machine && sandbox.tree == "/") return;
  if (of_the_machine)
    throw CouldNotRun(sandbox.qemu.string() +
                      " is the machine's own and cannot be seen beside another libvirt. Take " +
                      "--libvirt system, or a QEMU of scripts/get-qemu.sh.");
  append(out, {"--ro-bind", folder.string(), folder.string()});
}

}  // namespace

// A user of its own makes libvirtd run in session mode also for root. /dev/userfaultfd keeps its owner:
// postcopy works for those who may open it outside.
std::vector<std::string> bwrap_arguments(const Sandbox& sandbox) {
  Arguments out{"--unshare-user",    "--uid",         "1000",          "--gid",      "1000",
                "--unshare-pid",     "--unshare-ipc", "--unshare-uts", "--hostname", sandbox.host_name,
                "--die-with-parent", "--clearenv"};
  show_tree(sandbox.tree, out);
  show_etc(sandbox, out);
  append(out, {"--proc", "/proc", "--dev", "/dev", "--dev-bind-try", "/dev/userfaultfd", "/dev/userfaultfd"});
  append(out, {"--ro-bind", "/sys", "/sys", "--tmpfs", "/run", "--tmpfs", "/tmp", "--tmpfs", "/var"});
  append(out, {"--bind", sandbox.scene.string(), "/scene", "--bind", sandbox.folder.string(), "/host"});
  show_qemu(sandbox, out);
  append(out, {"--setenv", "PATH", "/usr/sbin:/usr/bin:/sbin:/bin", "--setenv", "HOME", "/host"});
  append(out, {"--setenv", "XDG_RUNTIME_DIR", "/host/run", "--setenv", "XDG_CONFIG_HOME", "/host/config"});
  append(out,
         {"--setenv", "XDG_CACHE_HOME", "/host/cache", "--setenv", "LC_ALL", "C", "--chdir", "/host", "--"});
  return out;
}

}  // namespace mig::validate::libvirt
