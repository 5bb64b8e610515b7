// SPDX-License-Identifier: GPL-2.0-or-later
// A fault rule as data, and its text: ACTION-UNIT[,key=value]...
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mig/history/migration.hpp"
#include "proxy/plan/output_plan.hpp"

namespace mig::proxy {

struct Action;

/// What a rule acts on. In the order of the vocabulary's table.
enum class Unit : std::uint8_t {
  ping,
  pong,
  page_request,
  shut,
  resume_ack,
  switchover_ack,
  recv_bitmap,
  recv_bitmap_request,
  package,
  device,
  section,
  page,
  zero_page,
  command,
  listen,
  run,
  discard,
  advise,
  open_return_path,
  resume,
  switchover_start,
  enable_colo,
  footer,
  eof,
  vm_description,
  configuration,
  multifd_packet,
  connection,
  bytes,
};

/// `channel=`: a channel of the migration; `main` is also the main channel opened by recovery.
enum class ChannelChoice : std::uint8_t { main, multifd, preempt, tls, all };

/// `on=` and `until=`: a signal sent to the program, or a unit that was sent.
struct Trigger {
  enum class Kind : std::uint8_t { unit, sigusr1, sigusr2 };
  Kind kind = Kind::unit;
  Unit unit = Unit::ping;
  std::optional<std::uint64_t> value;  ///< on=pong:0x42; none: any
  std::string name;                    ///< on=device:serial; empty: any
  friend bool operator==(const Trigger&, const Trigger&) = default;
};

/// A fault as a value: what to match, how often, what to do. Keys that were not given are empty or have the
/// default shown. Connections and migrations are numbered from 1 here, as they are shown.
struct FaultRule {
  std::string name;                ///< for logs: the rule's text as it was written
  const Action* action = nullptr;  ///< one of actions(); every rule that was parsed has one
  Unit unit = Unit::pong;

  // what to match
  std::optional<std::uint64_t> value;  ///< none: any (a pong without value= gets 0x42)
  std::string unit_name;               ///< name=: idstr of a section, name of a command
  std::optional<std::uint32_t> instance;
  std::string block;
  std::optional<std::uint64_t> offset;
  std::optional<ChannelChoice> channel;
  std::optional<std::uint32_t> connection;
  std::optional<std::uint32_t> migration;

  // when
  std::uint32_t skip = 0;
  std::uint32_t times = 1;  ///< 0: all
  std::optional<double> chance;
  std::optional<Trigger> on;
  std::optional<Phase> phase;

  // how
  std::optional<std::uint64_t> at;
  std::vector<std::byte> mask;  ///< as wide as it was written
  std::string field;
  std::string to;
  std::optional<std::uint64_t> amount;  ///< by=: bytes, or bytes per second for throttle
  Duration duration{};                  ///< for=
  Duration jitter{};
  std::optional<Trigger> until;
  std::optional<std::uint64_t> after;
  bool repair = true;

  friend bool operator==(const FaultRule&, const FaultRule&) = default;
};

/// Why a rule was refused, and where.
struct RuleError {
  std::string message;     ///< `unknown unit "pnog" in rule`
  std::string rule;        ///< the text that was refused
  std::size_t column = 0;  ///< where in it the trouble starts, from 0
  std::size_t width = 1;
  std::string hint;      ///< `did you mean "pong"?`, or empty
  std::size_t line = 0;  ///< in a file, from 1; 0 for a rule from the command line
};
/// Three lines, no newline at the end: message, rule, caret with the hint.
[[nodiscard]] std::string to_string(const RuleError& error);

using RuleResult = std::variant<FaultRule, RuleError>;
using RulesResult = std::variant<std::vector<FaultRule>, RuleError>;

/// Reads one rule; everything that cannot work is refused here.
[[nodiscard]] RuleResult parse_rule(std::string_view text);
/// One rule a line; empty lines and what follows a # are skipped. Stops at the first error.
[[nodiscard]] RulesResult parse_rules_file(std::string_view text);
/// The rule in its plainest spelling; parse_rule() of it gives the same rule again.
[[nodiscard]] std::string print_rule(const FaultRule& rule);
/// The same with the defaults that were not written: "drop-pong,value=0x42,times=1".
[[nodiscard]] std::string print_in_full(const FaultRule& rule);
/// True when the rule uses chance= or jitter=: the program then requires --seed, so that a run can be
/// repeated.
[[nodiscard]] bool needs_seed(const FaultRule& rule) noexcept;

}  // namespace mig::proxy
