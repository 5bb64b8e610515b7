// SPDX-License-Identifier: GPL-2.0-or-later
// Which phase a migration is in, and what its source and its destination may do, as far as its observer can
// know.
#pragma once
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

#include "mig/events.hpp"
#include "mig/history/facts.hpp"

namespace mig {

/// Named after QEMU's states as far as the wire shows them; `package` is the time while the package is in
/// flight.
enum class Phase : std::uint8_t {
  setup,
  precopy,
  switchover,
  package,
  postcopy_device,
  postcopy_active,
  postcopy_paused,
  recovery,
  completed,
  failed,
  unknown,  ///< joined in the middle, and nothing yet that shows the phase
};
[[nodiscard]] std::string_view to_string(Phase phase) noexcept;  // "postcopy-device"

/// What RAM records belong to: the destination loads them by other code from LISTEN on.
enum class RamStage : std::uint8_t {
  precopy,
  postcopy,
  unknown,  ///< LISTEN may have been among bytes that were not seen
};

/// A turning point, emitted once, when it is reached.
enum class Notice : std::uint8_t {
  phase_changed,
  package_delivered,           ///< the destination has all it needs to start loading the devices
  destination_may_run,         ///< POSTCOPY_RUN was delivered, or a precopy stream ended
  source_may_not_go_back,      ///< PONG 0x42 was delivered, or an old source has sent the package
  source_may_go_back_again,    ///< all was sent, but SHUT is not read: a broken return path makes an 11.1
                               ///< source resume
  destination_reported_error,  ///< SHUT with a value other than 0
  destination_done,            ///< SHUT 0
  two_runners_possible,  ///< the link broke while the destination may run and the source may still go back
  source_may_resume,     ///< the link broke before the source gave up its right to go back
};
[[nodiscard]] std::string_view explain(Notice notice) noexcept;  // plain words

/// What follows from the facts, of what was *delivered* on the main channel and its return path. Whoever
/// feeds it decides what counts as delivered. A copy can be fed with what is only planned.
class Phases {
 public:
  Facts facts;  ///< kept by delivered(); ends and backlogs are added by whoever sees them

  /// Notes the facts of an event, and what follows from them. Only those of a main channel say something.
  /// Notices are appended to `notices`.
  void delivered(const Place& at, const Event& event, const StreamTables& tables,
                 std::vector<Notice>& notices);
  /// The main channel ended; `reset`: an abort by the sender of `by`, not an orderly end of stream.
  void main_ended(Direction by, bool reset, std::vector<Notice>& notices);
  /// The main channel was joined in the middle: the phase is not known. `blocks_known`: its block list was
  /// seen.
  void main_unseen(bool blocks_known) noexcept;

  [[nodiscard]] Phase phase() const noexcept { return phase_; }
  [[nodiscard]] bool destination_may_run() const noexcept { return destination_may_run_; }
  /// The source may resume its guest if this migration fails now.
  [[nodiscard]] bool source_can_go_back() const noexcept { return source_can_go_back_; }
  /// Its package was delivered; where not all was seen, whoever asks for pages or answers PING 0x42 has it.
  [[nodiscard]] bool postcopy() const noexcept {
    return facts.package_ended || (facts.has_gaps() && (facts.page_request || facts.pong_loaded));
  }
  [[nodiscard]] bool beginning_seen() const noexcept { return beginning_seen_; }
  /// Records of unknown stage may be of postcopy. False: all of them were of precopy, as was seen later.
  [[nodiscard]] bool listen_unseen() const noexcept { return listen_unseen_; }

 private:
  void set_phase(Phase phase, std::vector<Notice>& notices);
  void forward_event(const Event& event, std::vector<Notice>& notices);
  void return_path_event(const Event& event, std::vector<Notice>& notices);

  void switchover_began(std::vector<Notice>& notices);
  void package_began(std::vector<Notice>& notices);
  void package_delivered(std::vector<Notice>& notices);
  void package_went_unseen(std::vector<Notice>& notices);
  void package_loaded(std::vector<Notice>& notices);
  void stream_ended(std::vector<Notice>& notices);
  void pong_received(std::uint32_t value, std::vector<Notice>& notices);
  void page_requested(std::vector<Notice>& notices);
  void note_gap(Direction direction, const Event& event) noexcept;
  [[nodiscard]] bool end_unseen() const noexcept;

  Phase phase_ = Phase::setup;
  bool beginning_seen_ = true;
  bool answers_unseen_ = false;    // not all of the return path was seen
  bool last_unseen_ = false;       // nor what the source sent last
  bool listen_unseen_ = false;     // LISTEN may have been in what was not seen
  bool package_has_gaps_ = false;  // PING 0x42 may have been in them
  bool destination_may_run_ = false;
  bool source_can_go_back_ = true;
};
static_assert(std::is_trivially_copyable_v<Phases>);

}  // namespace mig
