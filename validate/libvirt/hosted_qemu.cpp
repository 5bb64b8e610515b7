// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/libvirt/hosted_qemu.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <utility>

#include "validate/libvirt/domain_xml.hpp"
#include "validate/qemu/qmp_client.hpp"

namespace mig::validate::libvirt {
namespace {

// The kernel knows which process listens there, in our own numbering of processes.
UniqueFd listener_of(const std::filesystem::path& socket) {
  if (!std::filesystem::exists(socket)) return {};
  bool tried = false;
  const auto connected = connect_unix(socket, 1, [&] { return !std::exchange(tried, true); });
  ucred peer{};
  socklen_t size = sizeof peer;
  if (!connected || ::getsockopt(connected.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return {};
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, peer.pid, 0)));
}

// libvirt's own note, "shutting down, reason=failed", is the last of its kind in QEMU's log.
std::string reason_in(const std::string& log) {
  const std::string mark = "shutting down, reason=";
  const auto at = log.rfind(mark);
  if (at == std::string::npos) return {};
  const auto begin = at + mark.size();
  return log.substr(begin, log.find_first_of(" \n", begin) - begin);
}

}  // namespace

HostedQemu::HostedQemu(const Host& host, std::filesystem::path qmp_log)
    : host_(&host), qmp_log_(std::move(qmp_log)) {}

bool HostedQemu::find() {
  if (!process_) process_ = listener_of(qmp_socket());
  return static_cast<bool>(process_);
}

bool HostedQemu::running() {
  if (!process_) return true;  // not there yet is not an end
  pollfd ended{process_.get(), POLLIN, 0};
  return ::poll(&ended, 1, 0) == 0;
}

std::string HostedQemu::end() {
  if (running()) return {};
  const auto reason = reason_in(tail_of(errors(), 5));
  return reason.empty() ? "ended" : "libvirt says " + reason;
}

void HostedQemu::signal(int number) {
  if (process_) ::syscall(SYS_pidfd_send_signal, process_.get(), number, nullptr, 0);
}

int HostedQemu::pid() const {
  if (!process_) return 0;
  std::ifstream about("/proc/self/fdinfo/" + std::to_string(process_.get()));
  for (std::string key; about >> key;)
    if (int pid = 0; key == "Pid:" && about >> pid) return pid;
  return 0;
}

std::filesystem::path HostedQemu::errors() const {
  return host_->file("cache/libvirt/qemu/log") / (std::string(domain_name) + ".log");
}

}  // namespace mig::validate::libvirt
