// SPDX-License-Identifier: GPL-2.0-or-later
// Where one direction is in its plans: what to do next, how much of it is done. The relay and the tests drive
// it; it does no I/O and knows no clock.
#pragma once
#include <cstddef>
#include <deque>
#include <functional>
#include <span>
#include <utility>

#include "proxy/plan/output_plan.hpp"

namespace mig::proxy {

/// The driver asks next() and carries that step out. A Send is done by sent(), in as many pieces as its bytes
/// are taken; all other steps by step_done(), a WaitFor when its hold is released, a Pause when its time is
/// over.
class PlanRunner {
 public:
  /// A note whose bytes were sent, and the bytes that were sent together with them and come behind it.
  using OnNote = std::function<void(const Note& note, std::size_t sent_behind_it)>;

  /// Runs after what is there already. Views in the plan stay valid until it is done.
  void enqueue(OutputPlan plan);
  /// The plan being carried out; the driver lets the session write into it while idle().
  [[nodiscard]] OutputPlan& plan() noexcept { return plan_; }

  /// nullptr: every plan is done.
  [[nodiscard]] const Step* next();
  /// The step that next() gave last.
  [[nodiscard]] const Step& current() const { return plan_.steps().at(step_); }
  void step_done();
  /// Every step of this plan is done; there may be others in the queue.
  [[nodiscard]] bool plan_done() const noexcept { return step_ >= plan_.steps().size(); }
  /// Every step is done, also of those in the queue.
  [[nodiscard]] bool idle() const noexcept { return plan_done() && queue_.empty(); }

  /// Bytes of the next step, a Send, that are not sent yet.
  [[nodiscard]] std::size_t unsent() const;
  /// Bytes of it that are.
  [[nodiscard]] std::size_t sent_of_step() const noexcept { return sent_; }
  /// The bytes to send next, of this Send and of those behind it between which there are only notes: at most
  /// `limit`, in at most pieces.size() pieces. Returns how many pieces.
  [[nodiscard]] std::size_t gather(std::size_t limit, std::span<Bytes> pieces) const;
  /// `size` bytes of what gather() gave were sent. Notes that they complete are reported, in order.
  void sent(std::size_t size, const OnNote& on_note);

  /// Nothing of it is carried out any more. Returns the plan that was, whose bytes may still be in flight.
  OutputPlan drop();

 private:
  OutputPlan plan_;
  std::size_t step_ = 0;  // the next one
  std::size_t sent_ = 0;  // bytes of it
  std::deque<OutputPlan> queue_;
};

/// It ends the connection before anything else: it does not wait for a pause or for bytes that nobody takes.
[[nodiscard]] bool begins_with_close(const OutputPlan& plan);

}  // namespace mig::proxy
