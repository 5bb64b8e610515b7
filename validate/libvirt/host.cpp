// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/libvirt/host.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "validate/base/errors.hpp"
#include "validate/base/files.hpp"
#include "validate/libvirt/host_files.hpp"
#include "validate/libvirt/sandbox.hpp"
#include "validate/qemu/qmp_client.hpp"

namespace fs = std::filesystem;

namespace mig::validate::libvirt {
namespace {

constexpr Seconds start_limit = 30;
constexpr Seconds dying_limit = 5;
constexpr const char* daemon_socket = "run/libvirt/libvirt-sock";

const char* word(DaemonOrder order) {
  switch (order) {
    case DaemonOrder::start: return "start";
    case DaemonOrder::stop: return "stop";
    case DaemonOrder::kill: return "kill";
  }
  return "";
}

std::string session_uri(const fs::path& socket) { return "qemu+unix:///session?socket=" + socket.string(); }

}  // namespace

Host::Host(const Install& install, HostSetup setup)
    : setup_(std::move(setup)), folder_(setup_.scene / setup_.name) {
  write_host_files(folder_, setup_.name);
  fs::create_directory_symlink(fs::absolute(folder_), setup_.sockets / setup_.name);
  fs::create_symlink(fs::canonical(setup_.qemu), file("emulator"));
  fs::create_directories(setup_.scene / pki_folder);
  if (::mkfifo(file("orders").c_str(), 0600) != 0)
    throw CouldNotRun("cannot make " + file("orders").string() + ": take an empty folder");
  sandbox_.emplace(launch(install));
}

// Asked to end, the supervisor takes all processes with it, and bwrap waits for them; a kill would not.
Host::~Host() {
  if (!sandbox_) return;
  command("end");
  for (const RunClock clock; sandbox_->running() && clock.now() < dying_limit;) ::usleep(5000);
}

Launch Host::launch(const Install& install) const {
  auto arguments = bwrap_arguments({install.tree, setup_.name, folder_, setup_.scene, setup_.qemu});
  arguments.insert(arguments.end(), {"/bin/sh", "/host/supervisor.sh"});
  return {install.bwrap, std::move(arguments), file("daemon.stdout"), file("daemon.stderr")};
}

void Host::wait_until_up() {
  if (connect_unix(socket(daemon_socket), start_limit, [this] { return sandbox_->running(); })) return;
  if (sandbox_->running())
    throw CouldNotRun("the " + setup_.name + "'s libvirt daemon does not answer: " + tail_of(log(), 1));
  throw CouldNotRun("the " + setup_.name + "'s sandbox does not start: " + tail_of(file("daemon.stderr")) +
                    ". It needs user namespaces (sysctl kernel.unprivileged_userns_clone, "
                    "kernel.apparmor_restrict_unprivileged_userns), or root.");
}

void Host::order(DaemonOrder what) {
  command(word(what));
  last_order_ = what;
}

void Host::command(const std::string& text) {
  const UniqueFd orders(::open(file("orders").c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  const auto line = text + "\n";
  if (orders && ::write(orders.get(), line.data(), line.size()) < 0) return;  // nobody there to be told
}

std::string Host::uri() const { return session_uri(socket(daemon_socket)); }

std::string Host::uri_inside() const { return session_uri(fs::path("/scene") / setup_.name / daemon_socket); }

}  // namespace mig::validate::libvirt
