// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/peers/scripted_guest.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mig::validate {
namespace {

constexpr auto tick_time = std::chrono::milliseconds(55);  // the test guest's timer: 18.2 a second
constexpr std::uint32_t writes_per_tick = 64;
constexpr std::uint32_t stride = 2741;  // from one write to the next: all over the memory, each page in turn
constexpr std::uint32_t first_page = ScriptedMemory::pages / 8;  // below: never written, zero pages

}  // namespace

void ScriptedMemory::write(std::uint32_t page, std::uint32_t tick) {
  written_[page] = tick;
  dirty_count_ += dirty_[page] ? 0U : 1U;
  dirty_[page] = true;
}

void ScriptedMemory::clear_dirty(std::uint32_t page) {
  dirty_count_ -= dirty_[page] ? 1U : 0U;
  dirty_[page] = false;
}

Buffer ScriptedMemory::content(std::uint32_t page) const {
  Buffer bytes;
  bytes.reserve(page_size);
  while (bytes.size() < page_size) {
    put_be(bytes, written_[page], 4);
    put_be(bytes, page, 4);
  }
  return bytes;
}

void ScriptedMemory::discard(std::uint64_t start, std::uint64_t length) {
  const auto first = std::min<std::uint64_t>(start / page_size, pages);
  const auto last = first + std::min<std::uint64_t>(length / page_size, pages - first);
  for (auto page = first; page < last; ++page) present_[page] = false;
}

bool ScriptedMemory::take(std::uint32_t page, Bytes content) {
  written_[page] = content.empty() ? 0 : load_be32(content);
  present_[page] = true;
  return content.empty() || std::ranges::equal(content, this->content(page));
}

bool ScriptedMemory::right_at(std::uint32_t tick) const {
  for (std::uint32_t page = 0; page < pages; ++page)
    if (!present_[page] || written_[page] > tick) return false;
  return true;
}

ScriptedGuest::ScriptedGuest(boost::asio::io_context& io, ScriptedMemory& memory, OnTick on_tick)
    : memory_(memory), timer_(io), on_tick_(std::move(on_tick)) {}

void ScriptedGuest::boot() {
  counter_ = 1;
  for (auto page = first_page; page < ScriptedMemory::pages; ++page) memory_.write(page, counter_);
}

void ScriptedGuest::run() {
  if (running_) return;
  running_ = true;
  arm();
}

// A tick that is half done goes on where it stood.
void ScriptedGuest::stop() {
  running_ = false;
  waits_for_ = -1;
  timer_.cancel();
}

void ScriptedGuest::arm() {
  timer_.expires_after(tick_time);
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled && running_) write_on();
  });
}

void ScriptedGuest::write_on() {
  constexpr auto range = ScriptedMemory::pages - first_page;
  for (; writes_ < writes_per_tick; ++writes_) {
    const auto page = static_cast<std::uint32_t>(
        first_page + (std::uint64_t{counter_} * writes_per_tick + writes_) * stride % range);
    if (!memory_.present(page)) {
      waits_for_ = page;
      return on_missing_(page);
    }
    memory_.write(page, counter_ + 1);
  }
  writes_ = 0;
  on_tick_(++counter_);
  arm();
}

void ScriptedGuest::page_arrived(std::uint32_t page) {
  if (!running_ || waits_for_ != page) return;
  waits_for_ = -1;
  write_on();
}

}  // namespace mig::validate
