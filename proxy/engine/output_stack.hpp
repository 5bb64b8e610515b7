// SPDX-License-Identifier: GPL-2.0-or-later
// What happens to bytes between the parser and the plan. Each acting rule lays a frame over the unit it acts
// on; bytes and steps fall through the frames, innermost first, down to the plan. Without frames they fall
// straight into it, as views.
#pragma once
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "mig/events.hpp"
#include "proxy/engine/output_plan.hpp"

namespace mig::proxy {

/// One byte that leaves changed; `at` counts from the first byte of the frame's unit.
struct BytePatch {
  std::uint64_t at = 0;
  std::byte value{};
  bool flip = false;  ///< value is XORed instead of set
};

struct Frame {
  enum class Kind : std::uint8_t {
    discard,  ///< nothing passes
    patch,    ///< everything passes, some bytes changed
    window,   ///< `keep` bytes pass, then `at_cut` happens
    collect,  ///< everything waits for the end of the unit, see Then
  };
  enum class Then : std::uint8_t { pass, duplicate, truncate, hold, repair_length };

  Kind kind = Kind::patch;
  Level level = Level::unit;  ///< the frame ends with it; none: with the connection
  std::optional<RuleIndex> rule;
  bool asks = false;  ///< asks the owner before it cuts or changes: the rule counts as fired only then
  Decision decision = Decision::changed;  ///< of the units inside, where the frame keeps them from arriving

  std::vector<BytePatch> patches;
  bool changed = false;  ///< a byte left as another one
  bool blocked = false;  ///< what the frame did reached only frames that let nothing pass

  std::uint64_t keep = 0;
  std::vector<Step> at_cut;
  bool stop_at_cut = true;  ///< false: the rest passes too
  bool cut = false;         ///< the end of the window was reached

  Then then = Then::pass;
  std::uint64_t by = 0;         ///< truncate
  std::uint64_t length_at = 0;  ///< repair_length: where the be32 stands,
  std::uint64_t header = 0;     ///< and how many bytes do not count

  std::uint64_t position = 0;  ///< bytes of the unit seen so far
  std::vector<std::byte> bytes;
  std::vector<std::pair<std::size_t, Step>> steps;  ///< each before the byte of that index
};

/// The frames over one direction of one connection.
class OutputStack {
 public:
  /// What the stack cannot decide alone.
  class Owner {
   public:
    /// A unit was taken out whole, to be put back later.
    virtual void taken_out(const Frame& frame, std::vector<std::byte> bytes) = 0;
    /// A collecting frame grew beyond the limit and lets everything pass from now on.
    virtual void too_long(const Frame& frame) = 0;
    /// A frame that asks has come to its place. False: it lets everything pass instead.
    virtual bool may_act(const Frame& frame) = 0;
    /// A frame with patches, or one that duplicates, has ended, and what left is the same without it.
    virtual void changed_nothing(const Frame& frame) = 0;

   protected:
    ~Owner() = default;
  };

  OutputStack(Owner& owner, std::size_t limit) : owner_(&owner), limit_(limit) {}

  /// Until end(), output goes to `plan`; views of `chunk` are passed on as views.
  void begin(OutputPlan& plan, Bytes chunk) noexcept;
  void end() noexcept;

  void push(Frame frame);
  /// Under all other frames, and for the rest of the connection.
  void push_under(Frame frame);
  void send(Bytes bytes) { pass(frames_.size(), bytes); }
  void step(const Step& step) { pass(frames_.size(), step); }
  /// The unit of that level is complete: its frames, and those inside it, do what is left to do.
  void close_level(Level level);
  /// As close_level(package), but whatever was collected leaves as it is.
  void give_up();

  /// No frame but those of the connection.
  [[nodiscard]] bool idle() const noexcept;
  /// What is sent now arrives nowhere.
  [[nodiscard]] bool discarding() const noexcept;
  /// A Close has left: nothing follows it.
  [[nodiscard]] bool muted() const noexcept { return muted_; }
  void mute() noexcept { muted_ = true; }
  /// Bytes that went into plans so far.
  [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }

 private:
  void pass(std::size_t depth, Bytes bytes);
  void pass(std::size_t depth, const Step& step);
  void pass_window(std::size_t depth, Bytes bytes);
  void pass_patched(std::size_t depth, Bytes bytes);
  void collect(std::size_t depth, Bytes bytes);
  void pass_collected(std::size_t depth, Frame& frame);
  void check_cut(std::size_t depth);
  [[nodiscard]] bool is_blocked(std::size_t depth) const noexcept;
  [[nodiscard]] bool ends_below(std::size_t depth) const noexcept;
  void finish(Frame frame);
  void to_plan(Bytes bytes);
  void to_plan(const Step& step);

  Owner* owner_;
  std::size_t limit_;
  OutputPlan* plan_ = nullptr;
  Bytes chunk_;
  Bytes kept_;
  std::vector<Frame> frames_;
  std::uint64_t sent_ = 0;
  bool muted_ = false;
};

}  // namespace mig::proxy
