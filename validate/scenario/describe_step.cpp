// SPDX-License-Identifier: GPL-2.0-or-later
#include <csignal>
#include <cstdio>

#include "validate/scenario/step.hpp"
#include "validate/verdict/verdict.hpp"

namespace mig::validate {
namespace {

std::string any_of(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " or ") + word;
  return text;
}

std::string of(Side side) { return std::string("the ") + to_string(side) + "'s "; }

std::string seconds_text(Seconds value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s", value);
  return text;
}

std::string text_of(const StartMigration&) { return "start the migration"; }
std::string text_of(const StartPostcopy& start) {
  return "after " + seconds_text(start.after) + " of precopy switch to postcopy (migrate-start-postcopy)";
}
std::string text_of(const StartRecovery&) { return "recover: migrate-recover, then migrate with resume"; }
std::string text_of(const StartFreshDestination&) {
  return "end the destination and start a fresh one at the same address";
}
std::string text_of(const WaitStatus& wait) {
  return "wait until " + of(wait.side) + "migration status is " + any_of(wait.any_of);
}
std::string text_of(const WaitRunState& wait) {
  return "wait until " + of(wait.side) + "run state is " + any_of(wait.any_of);
}
std::string text_of(const WaitEvent& wait) { return "wait for " + of(wait.side) + "QMP event " + wait.name; }
std::string text_of(const WaitTick& wait) { return "wait for a tick of " + of(wait.side) + "guest"; }
std::string text_of(const WaitRam& wait) {
  return wait.left == 0 ? "wait until all memory has been sent"
                        : "wait until no more than " + std::to_string(wait.left >> 10U) +
                              " KiB of memory are left to send";
}
std::string text_of(const WaitProxy& wait) {
  std::string text = "wait until migproxy tells of";
  for (const auto& [key, value] : wait.fields) text.append(" ").append(key).append("=").append(value);
  return text;
}
std::string text_of(const Qmp& qmp) {
  auto text = qmp.command;
  if (!qmp.arguments.empty()) text += " " + boost::json::serialize(qmp.arguments);
  return text + " on the " + to_string(qmp.side);
}
std::string text_of(const Virsh& virsh) {
  std::string text = "virsh";
  for (const auto& word : virsh.words) text += " " + word;
  return text + " on the " + to_string(virsh.side);
}
std::string text_of(const Daemon& daemon) {
  const char* verb = daemon.order == DaemonOrder::start  ? "start "
                     : daemon.order == DaemonOrder::stop ? "stop "
                                                         : "kill ";
  return verb + of(daemon.side) + "libvirt daemon";
}
std::string text_of(const Kill& kill) { return "kill " + of(kill.side) + "QEMU"; }
std::string text_of(const SignalProxy& signal) {
  return signal.number == SIGUSR2 ? "cut the link between the two (SIGUSR2 to migproxy)"
                                  : "send SIGUSR1 to migproxy";
}
std::string text_of(const LockDisk& lock) {
  return lock.what == LockDisk::What::take ? "a third process takes the shared disk's write lock"
                                           : "the third process releases the shared disk's write lock";
}
std::string text_of(const Sleep& sleep) { return "let " + seconds_text(sleep.duration) + " pass"; }
std::string text_of(const Check& check) {
  return "by now it has to be " + std::string(check.verdict ? to_string(*check.verdict) : "judged") +
         (check.title.empty() ? "" : ": " + check.title);
}

}  // namespace

std::string describe(const Step& step) {
  return std::visit([](const auto& action) { return text_of(action); }, step.action);
}

}  // namespace mig::validate
