// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/libvirt/virsh.hpp"

#include "validate/base/errors.hpp"
#include "validate/base/files.hpp"
#include "validate/libvirt/domain_xml.hpp"

namespace mig::validate::libvirt {
namespace {

constexpr Seconds state_limit = 3;
constexpr Seconds start_limit = 10;  // for a daemon that was ordered to start
constexpr const char* hangs = "virsh hangs";
constexpr const char* no_daemon = "no daemon";

Launch launch_of(const Install& install, const std::vector<std::string>& arguments,
                 const std::filesystem::path& output) {
  Launch launch{"/usr/bin/env", {"LC_ALL=C", install.virsh.string()}, output, output};
  launch.arguments.insert(launch.arguments.end(), arguments.begin(), arguments.end());
  return launch;
}

}  // namespace

VirshCall::VirshCall(const Install& install, const std::vector<std::string>& arguments,
                     const std::filesystem::path& output)
    : output_(output), process_(launch_of(install, arguments, output)) {}

VirshReply VirshCall::reply() {
  if (process_.running()) return {std::nullopt, hangs};
  return {process_.exit_code(), tail_of(output_, 10)};
}

VirshReply VirshCall::wait(Seconds limit) {
  (void)process_.wait_for(limit);
  return reply();
}

VirshCall Virsh::start(const Host& host, const std::vector<std::string>& arguments, const std::string& name) {
  std::vector<std::string> all{"-q", "-c", host.uri()};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return VirshCall(install_, all, folder_ / (name + ".out"));
}

std::string Virsh::version() {
  return VirshCall(install_, {"--version"}, folder_ / "virsh-version.out").wait(state_limit).text;
}

VirshReply Virsh::run(const Host& host, const std::vector<std::string>& arguments, Seconds limit) {
  return start(host, arguments, "virsh-" + host.name()).wait(limit);
}

std::string Virsh::state_now(const Host& host) {
  const auto reply = run(host, {"domstate", "--reason", domain_name}, state_limit);
  if (reply.ok()) return reply.text;
  for (const auto* gone : {"failed to get domain", "Domain not found"})  // before or while it was looked at
    if (reply.text.find(gone) != std::string::npos) return "no domain";
  return reply.text.find("failed to connect") != std::string::npos ? no_daemon : reply.text;
}

std::string Virsh::domain_state(const Host& host) {
  auto state = state_now(host);
  for (const RunClock clock; state == no_daemon && host.ought_to_be_up() && clock.now() < start_limit;) {
    sleep_for(0.1);
    state = state_now(host);
  }
  return state;
}

}  // namespace mig::validate::libvirt
