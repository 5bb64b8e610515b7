// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/qemu/live_side.hpp"

#include <csignal>
#include <utility>

#include "validate/base/errors.hpp"

namespace json = boost::json;

namespace mig::validate {
namespace {

constexpr Seconds start_limit = 20;
constexpr Seconds ask_every = 0.1;
constexpr Seconds silent_monitor = 15;  // a QEMU that hangs costs a time-out each time it is asked
constexpr Seconds silence = 0.6;  // a guest ticks 18 times a second; waiting for a page takes less than this

std::string text_at(const json::value& value, const char* key) {
  const auto* object = value.if_object();
  const auto* found = object != nullptr ? object->if_contains(key) : nullptr;
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

std::optional<std::uint64_t> ram_number(const json::value& migration, const char* key) {
  const auto* ram = migration.as_object().if_contains("ram");
  const auto* number = ram != nullptr && ram->is_object() ? ram->as_object().if_contains(key) : nullptr;
  if (number == nullptr || !number->is_int64()) return std::nullopt;
  return static_cast<std::uint64_t>(number->as_int64());
}

}  // namespace

const char* const userfault_remedy =
    "\nPostcopy needs userfaultfd, and this kernel refuses it to you. Run as root, or allow it:\n"
    "  sudo sysctl vm.unprivileged_userfaultfd=1";

LiveSide::LiveSide(Side side, std::unique_ptr<RunningQemu> qemu, const RunClock& clock)
    : side_(side), clock_(&clock), qemu_(std::move(qemu)), serial_(qemu_->serial()) {}

std::string LiveSide::died_text() {
  const auto words = last_words();
  return std::string("the ") + to_string(side_) + "'s QEMU " +
         (alive() ? "gives no answer" : "ended: " + qemu_->end()) +
         (words.empty() ? "" : ". It said: " + words);
}

void LiveSide::connect() {
  auto socket = connect_unix(qemu_->qmp_socket(), start_limit, [this] { return alive(); });
  if (!socket) throw CouldNotRun(died_text() + ". Check the QEMU that was given.");
  qmp_.emplace(std::move(socket), *clock_, qemu_->qmp_log());
  if (!qmp_->negotiate(start_limit)) throw CouldNotRun(died_text() + ". Check the QEMU that was given.");
  read_version();
}

void LiveSide::prepare(const std::vector<std::string>& capabilities) {
  connect();
  json::array list{json::object{{"capability", "events"}, {"state", true}}};
  for (const auto& name : capabilities) list.push_back(json::object{{"capability", name}, {"state", true}});
  const auto reply = execute("migrate-set-capabilities", {{"capabilities", list}});
  if (reply.ok) return;
  const auto text = std::string("the ") + to_string(side_) + "'s QEMU " + seen_.version +
                    " refuses its capabilities: " + reply.error;
  const auto all_words = reply.error + last_words();
  if (all_words.find("serfault") != std::string::npos) throw UserfaultfdRefused(text + userfault_remedy);
  throw CouldNotRun(text + ". Choose capabilities that this version knows.");
}

void LiveSide::read_version() {
  const auto version = require("query-version");
  const auto& numbers = version.as_object().at("qemu").as_object();
  major_ = numbers.at("major").as_int64();
  minor_ = numbers.at("minor").as_int64();
  seen_.version = std::to_string(major_) + "." + std::to_string(minor_) + "." +
                  std::to_string(numbers.at("micro").as_int64());
  seen_.package = text_at(version, "package");
}

std::string LiveSide::name() const {
  if (seen_.version.empty()) return "a QEMU that is yet to be started";
  return "QEMU " + seen_.version + (seen_.package.empty() ? "" : " (" + seen_.package + ")");
}

// With port 0 the kernel chooses; QEMU reports which one it got.
std::string LiveSide::listen(bool exit_on_error, const std::string& address) {
  json::object incoming{{"uri", "tcp:" + address}};
  const bool knows_exit_on_error = major_ > 9 || (major_ == 9 && minor_ >= 1);
  if (knows_exit_on_error) incoming["exit-on-error"] = exit_on_error;
  require("migrate-incoming", incoming);
  const auto state = require("query-migrate");
  const auto* addresses = state.as_object().if_contains("socket-address");
  if (addresses == nullptr || addresses->as_array().empty())
    throw CouldNotRun("the destination does not say on which port it listens: QEMU 4.0 or later is needed");
  return "127.0.0.1:" + std::string(addresses->as_array()[0].as_object().at("port").as_string());
}

json::value LiveSide::require(std::string_view command, json::object arguments) {
  auto reply = execute(command, std::move(arguments));
  if (!reply.ok)
    throw CouldNotRun(std::string("the ") + to_string(side_) + " refuses " + std::string(command) + ": " +
                      reply.error + (alive() ? "" : ". " + died_text()));
  return std::move(reply.result);
}

QmpReply LiveSide::execute(std::string_view command, json::object arguments) {
  if (!qmp_) return {false, {}, std::string("the ") + to_string(side_) + "'s QEMU is not connected"};
  return qmp_->execute(command, std::move(arguments));
}

void LiveSide::kill() {
  seen_.killed_by_plan = true;
  qemu_->kill();
}

void LiveSide::freeze(bool stop) {
  frozen_ = stop;
  qemu_->signal(stop ? SIGSTOP : SIGCONT);
}

void LiveSide::poll(std::vector<StateChange>& fresh) {
  read_ticks(fresh);
  read_events(fresh);
  if (!seen_.process_end.empty()) return;
  if (!alive()) return notice_end(fresh);
  if (!qmp_ || frozen_ || clock_->now() - asked_at_ < ask_every) return;
  ask_states(fresh);
}

void LiveSide::read_ticks(std::vector<StateChange>& fresh) {
  const auto now = clock_->now();
  const auto batch = guest_.feed(serial_.read_new(), now);
  seen_.memory = guest_.memory();
  if (batch) {
    seen_.ticks.push_back(*batch);
    seen_.tick_jumps = guest_.jumps();
    if (!guest_ticking_)
      note({now, StateChange::Kind::guest, "guest ticks, " + tick_text(batch->first)}, fresh);
    guest_ticking_ = true;
  } else if (guest_ticking_ && now - seen_.ticks.back().at > silence) {
    const auto& last = seen_.ticks.back();
    note({now, StateChange::Kind::guest, "guest is silent since " + tick_text(last.last)}, fresh);
    guest_ticking_ = false;
  }
}

// Events report each status in the order it came and with QEMU's own time; STOP and RESUME say when to ask.
void LiveSide::read_events(std::vector<StateChange>& fresh) {
  if (!qmp_) return;
  for (const auto& event : qmp_->take_events()) {
    events_.push_back(event.name);
    if (event.name == "MIGRATION") set_status(event.at, text_at(event.data, "status"), fresh);
    if (event.name == "STOP" || event.name == "RESUME") ask_run_state(event.at, fresh);
  }
}

// A status that is asked for may be newer than the events on their way: it counts only when it is seen twice.
void LiveSide::ask_states(std::vector<StateChange>& fresh) {
  asked_at_ = clock_->now();
  const auto status = ask_status();
  if (!status.empty() && status == asked_status_) set_status(asked_at_, status, fresh);
  asked_status_ = status;
  if (!status.empty()) ask_run_state({}, fresh);
}

std::string LiveSide::ask_status() {
  const auto reply = execute("query-migrate");
  if (!reply.ok) asked_at_ = clock_->now() + silent_monitor;
  if (!reply.ok) return {};
  if (const auto error = text_at(reply.result, "error-desc"); !error.empty()) seen_.error = error;
  const auto status = text_at(reply.result, "status");
  if (const auto left = ram_number(reply.result, "remaining"); left && status != "setup")
    seen_.ram_left = left;
  if (const auto sent = ram_number(reply.result, "transferred")) seen_.bytes_sent = sent;
  return status.empty() ? seen_.status : status;  // 7.2 has no words for a destination that waits
}

void LiveSide::ask_run_state(std::optional<Seconds> at, std::vector<StateChange>& fresh) {
  const auto reply = execute("query-status");
  const auto state = text_at(reply.result, "status");
  if (!reply.ok || state.empty() || state == seen_.run_state) return;
  seen_.run_state = state;
  note({at.value_or(clock_->now()), StateChange::Kind::run_state, state}, fresh);
}

void LiveSide::notice_end(std::vector<StateChange>& fresh) {
  seen_.process_end = qemu_->end();
  seen_.crashed = qemu_->crashed() && !seen_.killed_by_plan;
  if (seen_.error.empty()) seen_.error = tail_of(qemu_->errors(), 1);
  note({clock_->now(), StateChange::Kind::process, "process ended, " + seen_.process_end}, fresh);
}

void LiveSide::finish() {
  std::vector<StateChange> unheard;
  read_ticks(unheard);
  read_events(unheard);
  if (!seen_.process_end.empty()) return;
  if (!alive()) return notice_end(unheard);
  if (frozen_) return;
  if (const auto status = ask_status(); !status.empty()) set_status(clock_->now(), status, unheard);
  ask_run_state({}, unheard);
}

void LiveSide::set_status(Seconds at, const std::string& status, std::vector<StateChange>& fresh) {
  if (status.empty() || status == seen_.status) return;
  seen_.status = status;
  note({at, StateChange::Kind::status, status}, fresh);
}

void LiveSide::note(StateChange change, std::vector<StateChange>& fresh) {
  seen_.changes.push_back(change);
  fresh.push_back(std::move(change));
}

}  // namespace mig::validate
