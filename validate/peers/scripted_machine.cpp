// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/peers/scripted_machine.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "validate/base/errors.hpp"
#include "validate/verdict/observations.hpp"

namespace json = boost::json;

namespace mig::validate {
namespace {

std::string text_of(const json::object& arguments, const char* key) {
  const auto* value = arguments.if_contains(key);
  if (value == nullptr || !value->is_string())
    throw Refused(std::string("Parameter '") + key + "' is missing");
  return std::string(value->as_string());
}

json::object version() {
  return {{"qemu", json::object{{"major", 11}, {"minor", 1}, {"micro", 0}}},
          {"package", "scripted peer of migwire: a model, not QEMU"}};
}

}  // namespace

ScriptedMachine::ScriptedMachine(boost::asio::io_context& io, const ScriptedSetup& setup)
    : io_(io),
      setup_(setup),
      serial_(setup.serial, std::ios::binary),
      guest_(io, memory_, [this](std::uint32_t tick) { report_tick(tick); }),
      monitor_(io, setup.qmp) {
  state_.run_state = setup.incoming ? "inmigrate" : setup.paused ? "paused" : "running";
  state_.on_status = [this] { on_status(); };
  state_.on_run_state = [this] { on_run_state(); };
  add_general_commands();
  add_migration_commands();
  if (setup.incoming) return;
  guest_.boot();
  if (!setup.paused) guest_.run();
}

void ScriptedMachine::add_general_commands() {
  monitor_.add("qmp_capabilities", [](const auto&) { return json::object(); });
  monitor_.add("query-version", [](const auto&) { return version(); });
  monitor_.add("query-status", [this](const auto&) {
    return json::object{{"status", state_.run_state}, {"running", guest_.running()}};
  });
  monitor_.add("cont", [this](const auto&) { return cont(); });
  monitor_.add("quit", [this](const auto&) {
    io_.stop();
    return json::object();
  });
}

void ScriptedMachine::add_migration_commands() {
  monitor_.add("migrate-set-capabilities", [this](const auto& given) { return set_capabilities(given); });
  monitor_.add("migrate-set-parameters", [this](const auto& given) { return set_parameters(given); });
  monitor_.add("migrate-incoming", [this](const auto& given) { return listen(given); });
  monitor_.add("query-migrate", [this](const auto&) { return query_migrate(); });
  monitor_.add("migrate", [this](const json::object& given) {
    if (setup_.incoming || source_) throw Refused("a scripted peer migrates once, and from the source only");
    source_.emplace(io_, memory_, guest_, state_);
    source_->set_rates(rates_);
    source_->migrate(text_of(given, "uri"));
    return json::object();
  });
  monitor_.add("migrate-start-postcopy", [this](const auto&) {
    if (!source_ || !source_->start_postcopy()) throw Refused("Enable postcopy with migration active only");
    return json::object();
  });
}

json::value ScriptedMachine::set_capabilities(const json::object& arguments) {
  static constexpr std::array<std::string_view, 2> known{"postcopy-ram", "events"};
  for (const auto& entry : arguments.at("capabilities").as_array()) {
    const auto name = text_of(entry.as_object(), "capability");
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw Refused("a scripted peer does not know the capability '" + name + "'");
  }
  return json::object();
}

json::value ScriptedMachine::set_parameters(const json::object& arguments) {
  const auto take = [&](const char* key, std::uint64_t& value) {
    if (const auto* given = arguments.if_contains(key)) value = given->to_number<std::uint64_t>();
  };
  take("max-bandwidth", rates_.precopy);
  take("max-postcopy-bandwidth", rates_.postcopy);
  return json::object();
}

json::value ScriptedMachine::listen(const json::object& arguments) {
  if (!setup_.incoming || destination_) throw Refused("'-incoming' was not specified, or it listens already");
  const auto* exits = arguments.if_contains("exit-on-error");
  exit_on_error_ = exits == nullptr || exits->as_bool();
  destination_.emplace(io_, memory_, guest_, state_);
  if (setup_.paused) destination_->start_paused();
  port_ = port_of(destination_->listen(text_of(arguments, "uri")));
  return json::object();
}

json::value ScriptedMachine::query_migrate() const {
  json::object answer{{"status", to_string(state_.status)}};
  if (source_) answer["ram"] = json::object{{"remaining", static_cast<std::int64_t>(source_->remaining())}};
  if (!state_.error.empty()) answer["error-desc"] = state_.error;
  if (port_ != 0)
    answer["socket-address"] =
        json::array{json::object{{"type", "inet"}, {"host", "127.0.0.1"}, {"port", std::to_string(port_)}}};
  return answer;
}

json::value ScriptedMachine::cont() {
  const auto& now = state_.run_state;
  if (now == "finish-migrate") throw Refused("Migration is not finalized yet");
  if (destination_) {
    destination_->allow_run();
  } else if (now == "paused" || now == "postmigrate") {
    guest_.run();
    state_.set_run_state("running");
  }
  return json::object();
}

// 9.1 and later let a destination stay behind after a failure; by default it ends.
void ScriptedMachine::on_status() {
  monitor_.event("MIGRATION", {{"status", to_string(state_.status)}});
  if (setup_.incoming && exit_on_error_ && state_.status == PeerStatus::failed)
    throw CouldNotRun(state_.error);
}

void ScriptedMachine::on_run_state() {
  const auto& now = state_.run_state;
  if (now == "running") monitor_.event("RESUME");
  if (now == "finish-migrate" || now == "paused") monitor_.event("STOP");
}

// As the test guest says it on its serial port.
void ScriptedMachine::report_tick(std::uint32_t tick) {
  std::array<char, 16> line{};
  std::snprintf(line.data(), line.size(), "T %08x\r\n", tick);
  serial_ << line.data();
  // Four times a second, as fast as a busy test guest of a few MiB.
  std::snprintf(line.data(), line.size(), "V %08x\r\n", tick / 4);
  if (tick % 4 == 0 && memory_.right_at(tick)) serial_ << line.data();
  serial_ << std::flush;
}

}  // namespace mig::validate
