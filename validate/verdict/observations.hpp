// SPDX-License-Identifier: GPL-2.0-or-later
// Everything that was seen in one run, as plain data: what a verdict is made from, and what a report shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "validate/base/clock.hpp"
#include "validate/base/side.hpp"
#include "validate/guest/guest_console.hpp"

namespace mig::validate {

/// A change seen on one side: a migration status, a run state, what its guest does, the end of the process.
struct StateChange {
  enum class Kind { status, run_state, guest, process };
  Seconds at = 0;
  Kind kind = Kind::status;
  std::string text;
};

struct SideObservations {
  std::string version;                    ///< "11.1.3"
  std::string package;                    ///< who made it: "Debian 1:11.1.3"; may be empty
  std::string status = "none";            ///< migration status at the end
  std::string run_state;                  ///< QMP run state at the end
  std::string error;                      ///< QEMU's error-desc, if it gave one
  std::optional<std::uint64_t> bytes_sent;  ///< of RAM, as the source says
  std::optional<std::uint64_t> ram_left;  ///< bytes the source had still to send, as it says
  std::string process_end;                ///< empty while the process runs; how it ended otherwise
  bool crashed = false;                   ///< it ended by a signal that was not ours
  bool killed_by_plan = false;
  std::vector<StateChange> changes;
  std::vector<TickBatch> ticks;
  std::uint32_t tick_jumps = 0;
  MemoryCheck memory;
};

/// How a step came out.
enum class Answer { done, timed_out, accepted, refused };

[[nodiscard]] std::string_view to_string(Answer answer);
[[nodiscard]] std::optional<Answer> parse_answer(std::string_view word);
[[nodiscard]] std::vector<std::string> answer_words();

/// What a step of the scenario found.
struct StepFact {
  Seconds at = 0;
  std::string name;  ///< as expectations call it; may be empty
  std::string text;  ///< the step as a sentence
  Answer answer = Answer::done;
  std::string detail;  ///< an error's text, a verdict
  bool met = true;     ///< it came out as the step wants it
};

/// A QMP command given to bring a silent guest back.
struct RescueAttempt {
  Seconds at = 0;
  Side side = Side::source;
  std::string command;
  bool accepted = false;
  std::string error;
};

/// What migproxy did, in its log's words.
struct ProxyLine {
  Seconds at = 0;
  std::string text;      ///< "--> ping value=0x42", "=== phase: postcopy-device"
  bool repeats = false;  ///< one of thousands of its kind that no rule touched
};

/// What a management layer or another process reported.
struct Note {
  Seconds at = 0;
  std::string who;
  std::string text;
};

/// What libvirt made of it, where libvirt drove the two.
struct LibvirtSeen {
  std::string version;  ///< "12.8.0"
  std::string
      source_domain;  ///< domstate --reason: "running (unpaused)", "no domain", "no daemon", "virsh hangs"
  std::string destination_domain;
  std::string virsh;       ///< how `virsh migrate` ended: "exit 0", "hangs"
  std::string virsh_says;  ///< its message
  std::string cont;  ///< what became of the destination's `cont`: "never", "too early", "in time", "refused"
};

/// A guest that nobody ran was given to a third QEMU by `migreplay rescue`, after the observations of the
/// migration.
struct GuestRescue {
  Seconds at = 0;           ///< when it began
  Seconds took = 0;         ///< until the third QEMU's guest was let run
  std::string problem;      ///< why it came to nothing; empty: it did not
  SideObservations source;  ///< at the end of it
  SideObservations guest;   ///< the third QEMU
};

struct RuleCount {
  std::string rule;
  std::uint64_t fired = 0;
};

struct Observations {
  SideObservations source;
  SideObservations destination;
  std::vector<SideObservations> earlier_destinations;  ///< that a fresh one took the place of
  Seconds watched_from = 0;                            ///< the window that decides which guest ticks now
  Seconds watched_to = 0;
  std::vector<StepFact> steps;
  std::vector<RescueAttempt> rescues;
  std::vector<ProxyLine> proxy;
  std::vector<Note> notes;
  std::vector<RuleCount> rules;
  std::optional<LibvirtSeen> libvirt;
  std::optional<GuestRescue> rescue;  ///< none: it was not asked for, or there was nothing to rescue
  std::optional<int> proxy_exit;
};

/// "failed / running", or "gone: exit code 1".
[[nodiscard]] inline std::string ending_of(const SideObservations& side) {
  return side.process_end.empty() ? side.status + " / " + side.run_state : "gone: " + side.process_end;
}

}  // namespace mig::validate
