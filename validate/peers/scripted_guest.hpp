// SPDX-License-Identifier: GPL-2.0-or-later
// The guest of a scripted peer: a counter that has to write memory before it counts, so that it stands still
// where memory is missing, as a real one does.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <vector>

#include "mig/bytes.hpp"
#include "validate/peers/stream_writer.hpp"

namespace mig::validate {

/// Guest memory, 4 KiB pages in one RAM block. Of each page only the tick that last wrote it is kept; its
/// content on the wire is that tick and the page's number, over and over. Tick 0: never written, a zero page.
class ScriptedMemory {
 public:
  static constexpr std::uint32_t page_size = 4096;
  static constexpr std::uint32_t pages = 8192;
  static constexpr const char* block = "pc.ram";

  ScriptedMemory() : written_(pages), present_(pages, true), dirty_(pages, true), dirty_count_(pages) {}

  void write(std::uint32_t page, std::uint32_t tick);
  [[nodiscard]] std::uint32_t written(std::uint32_t page) const { return written_[page]; }
  [[nodiscard]] Buffer content(std::uint32_t page) const;

  // What a destination needs.
  [[nodiscard]] bool present(std::uint32_t page) const { return present_[page]; }
  void discard(std::uint64_t start, std::uint64_t length);  ///< in bytes; what lies outside is ignored
  /// Content as received; an empty one means a zero page. False when it is not what a page of ours holds.
  bool take(std::uint32_t page, Bytes content);

  // What a source needs.
  [[nodiscard]] bool dirty(std::uint32_t page) const { return dirty_[page]; }
  /// No page is missing, and none was written after `tick`.
  [[nodiscard]] bool right_at(std::uint32_t tick) const;
  [[nodiscard]] std::uint32_t dirty_count() const { return dirty_count_; }
  void clear_dirty(std::uint32_t page);

 private:
  std::vector<std::uint32_t> written_;
  std::vector<bool> present_;
  std::vector<bool> dirty_;
  std::uint32_t dirty_count_;
};

class ScriptedGuest {
 public:
  using OnTick = std::function<void(std::uint32_t)>;
  using OnMissing = std::function<void(std::uint32_t page)>;

  /// `memory` outlives the guest.
  ScriptedGuest(boost::asio::io_context& io, ScriptedMemory& memory, OnTick on_tick);

  /// A page that the guest needs is not there; it stands until page_arrived().
  void on_missing(OnMissing callback) { on_missing_ = std::move(callback); }
  void boot();  ///< writes some of its memory once
  void run();
  void stop();
  void page_arrived(std::uint32_t page);

  [[nodiscard]] bool running() const { return running_; }
  [[nodiscard]] std::uint32_t counter() const { return counter_; }
  void set_counter(std::uint32_t value) { counter_ = value; }

 private:
  void arm();
  void write_on();

  ScriptedMemory& memory_;
  boost::asio::steady_timer timer_;
  OnTick on_tick_;
  OnMissing on_missing_ = [](std::uint32_t) {};
  std::uint32_t counter_ = 0;
  std::uint32_t writes_ = 0;  ///< of the tick that is under way
  std::int64_t waits_for_ = -1;
  bool running_ = false;
};

}  // namespace mig::validate
