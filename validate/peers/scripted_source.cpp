// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/peers/scripted_source.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "mig/wire.hpp"

using boost::system::error_code;

namespace mig::validate {
namespace {

constexpr auto iteration = std::chrono::milliseconds(5);
constexpr std::uint64_t iterations_per_second = 200;
constexpr std::uint64_t most_per_iteration = 1U << 20U;  // where no rate is set
constexpr std::size_t enough_backlog = 256U << 10U;
constexpr std::uint32_t ram_section = 1;
constexpr const char* machine = "pc-i440fx-11.1";
constexpr auto page_size = ScriptedMemory::page_size;

Buffer device_state(const ScriptedDevice& device, std::uint32_t counter) {
  Buffer state;
  if (device.name == counter_device) put_be(state, counter, 4);
  while (state.size() < device.size) put_be(state, (device.section * 37 + state.size() * 11) & 0x7f, 1);
  return state;
}

}  // namespace

ScriptedSource::ScriptedSource(boost::asio::io_context& io, ScriptedMemory& memory, ScriptedGuest& guest,
                               PeerState& state)
    : io_(io), memory_(memory), guest_(guest), state_(state), timer_(io) {}

ScriptedSource::~ScriptedSource() {
  if (channel_) channel_->close();
}

void ScriptedSource::migrate(const std::string& uri) {
  const auto endpoint = endpoint_of(uri);
  state_.set(PeerStatus::setup);
  connecting_ = std::make_shared<StreamSocket>(io_);
  connecting_->async_connect(endpoint, [this, socket = connecting_](const error_code& failed) {
    if (failed == boost::asio::error::operation_aborted) return;
    if (failed) return lost("cannot connect: " + failed.message());
    connected(std::move(*socket));
  });
}

bool ScriptedSource::start_postcopy() {
  if (state_.status != PeerStatus::active) return false;
  postcopy_asked_ = true;
  return true;
}

void ScriptedSource::connected(StreamSocket socket) {
  return_path_.emplace(tables_);
  (void)tables_.add_block(ScriptedMemory::block, std::uint64_t{ScriptedMemory::pages} * page_size);
  channel_ = std::make_shared<PeerChannel>(
      std::move(socket), PeerChannel::Handlers{[this](Bytes bytes) { received(bytes); },
                                               [this](const std::string& why) { return_path_ended(why); },
                                               [this](const std::string& why) { lost(why); }});
  channel_->start();
  begin_stream();
  iterate_soon();
}

void ScriptedSource::begin_stream() {
  writer_.file_header(machine);
  writer_.command(CommandType::open_return_path);
  writer_.ping(1);
  writer_.postcopy_advise(page_size);
  writer_.ram_start(ram_section, {{ScriptedMemory::block, std::uint64_t{ScriptedMemory::pages} * page_size}});
  flush();
  writer_.footer(ram_section);
  state_.set(PeerStatus::active);
}

void ScriptedSource::flush() { channel_->send(writer_.take()); }

// QEMU flushes behind a RAM section's last record and before its footer, which leaves with the next element.
void ScriptedSource::end_part() {
  writer_.ram_eos();
  flush();
  writer_.footer(ram_section);
}

void ScriptedSource::iterate_soon() {
  timer_.expires_after(iteration);
  timer_.async_wait([this](const error_code& cancelled) {
    if (cancelled) return;
    iterate();
    if (channel_) iterate_soon();
  });
}

void ScriptedSource::iterate() {
  if (!channel_) return;
  switch (state_.status) {
    case PeerStatus::active:
      if (postcopy_asked_) return switch_over();
      return send_pages(rates_.precopy);
    case PeerStatus::device:
      if (channel_->backlog() == 0) state_.set(PeerStatus::postcopy_device);
      return;
    case PeerStatus::postcopy_device:
      if (package_loaded_) state_.set(PeerStatus::postcopy_active);
      return postcopy_step();
    case PeerStatus::postcopy_active: return postcopy_step();
    default: return;
  }
}

void ScriptedSource::switch_over() {
  writer_.section_part(ram_section);
  writer_.ram_eos();
  writer_.footer(ram_section);
  guest_.stop();
  state_.set(PeerStatus::device);
  state_.set_run_state("finish-migrate");
  writer_.command(CommandType::switchover_start);
  write_discards();
  writer_.ping(2);
  writer_.package(package());
  writer_.ping(4);
  writer_.forget_block();
  cursor_ = 0;
  flush();
}

// Pages that have changed since they were sent, or never were: the destination has to ask for them.
void ScriptedSource::write_discards() {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  for (std::uint32_t page = 0; page < ScriptedMemory::pages; ++page) {
    if (!memory_.dirty(page)) continue;
    const bool joins = page != 0 && memory_.dirty(page - 1) && !ranges.empty();
    if (joins) {
      ranges.back().second += page_size;
      continue;
    }
    if (ranges.size() == wire::max_discard_ranges) {
      writer_.discard(ScriptedMemory::block, ranges);
      ranges.clear();
    }
    ranges.emplace_back(std::uint64_t{page} * page_size, page_size);
  }
  if (!ranges.empty()) writer_.discard(ScriptedMemory::block, ranges);
}

Buffer ScriptedSource::package() const {
  StreamWriter inner;
  inner.command(CommandType::postcopy_listen);
  for (const auto& device : scripted_devices())
    inner.device(device.section, device.name, device.version, device_state(device, guest_.counter()));
  inner.ping(3);
  inner.ping(wire::ping_package_loaded);
  inner.command(CommandType::postcopy_run);
  return inner.take();
}

// Without PONG 0x42 the stream is not ended, whatever else has been sent: that is the point of
// postcopy-device.
void ScriptedSource::postcopy_step() {
  if (stream_ended_) return;
  if (memory_.dirty_count() != 0) return send_pages(rates_.postcopy);
  if (state_.status == PeerStatus::postcopy_active) return finish_stream();
  if (return_path_broken_) lost(state_.error);
}

void ScriptedSource::send_pages(std::uint64_t bytes_per_second) {
  if (channel_->backlog() > enough_backlog) return;
  const auto budget = bytes_per_second == 0 ? most_per_iteration : bytes_per_second / iterations_per_second;
  bool any = false;
  for (std::uint32_t n = 0; n < ScriptedMemory::pages && writer_.size() < budget; ++n) {
    const auto page = std::exchange(cursor_, (cursor_ + 1) % ScriptedMemory::pages);
    if (!memory_.dirty(page)) continue;
    if (!std::exchange(any, true)) writer_.section_part(ram_section);
    write_page(page);
  }
  if (any) end_part();
}

void ScriptedSource::write_page(std::uint32_t page) {
  const auto offset = std::uint64_t{page} * page_size;
  if (memory_.written(page) == 0) {
    writer_.zero_page(ScriptedMemory::block, offset);
  } else {
    writer_.page(ScriptedMemory::block, offset, memory_.content(page));
  }
  memory_.clear_dirty(page);
}

// A page that is on its way already is not sent twice.
void ScriptedSource::send_requested(const PageRequest& request) {
  const auto first = request.start / page_size;
  const auto last = std::min<std::uint64_t>(first + request.length / page_size, ScriptedMemory::pages);
  bool any = false;
  for (auto page = first; page < last; ++page) {
    if (!memory_.dirty(static_cast<std::uint32_t>(page))) continue;
    if (!std::exchange(any, true)) writer_.section_part(ram_section);
    write_page(static_cast<std::uint32_t>(page));
  }
  if (any) end_part();
}

void ScriptedSource::finish_stream() {
  writer_.section_end(ram_section);
  writer_.ram_eos();
  writer_.footer(ram_section);
  writer_.end_of_stream();
  flush();
  stream_ended_ = true;
  if (return_path_broken_) lost(state_.error);
}

void ScriptedSource::received(Bytes bytes) {
  EventSink& sink = *this;
  if (const auto error = return_path_->feed(bytes, sink))
    return_path_ended("the return path cannot be read: " + std::string(explain(error->code)));
}

void ScriptedSource::on_event(const Event& event, Bytes) {
  if (const auto* pong = std::get_if<Pong>(&event.body)) {
    if (pong->value == wire::ping_package_loaded) package_loaded_ = true;
  } else if (const auto* request = std::get_if<PageRequest>(&event.body)) {
    const bool moved = state_.status >= PeerStatus::device && state_.status <= PeerStatus::postcopy_active;
    if (moved && !stream_ended_) send_requested(*request);
  } else if (const auto* shut = std::get_if<Shut>(&event.body)) {
    if (shut->value != 0) return return_path_ended("Sibling indicated error " + std::to_string(shut->value));
    if (stream_ended_) completed();
  }
}

void ScriptedSource::completed() {
  state_.set(PeerStatus::completed);
  state_.set_run_state("postmigrate");
  channel_->close();
  channel_.reset();
}

bool ScriptedSource::waits_for_answer() const {
  return stream_ended_ || (state_.status == PeerStatus::postcopy_device && memory_.dirty_count() == 0);
}

// Kept in mind at once; acted upon only where the source waits for an answer. Else the next write will fail.
void ScriptedSource::return_path_ended(const std::string& why) {
  if (!channel_) return;
  return_path_broken_ = true;
  state_.set_error(why);
  if (waits_for_answer()) lost(why);
}

// Who has given the guest away pauses; who has not takes it back. After the end of the stream 11.1 takes it
// back, too.
void ScriptedSource::lost(const std::string& why) {
  state_.set_error(why);
  if (channel_) channel_->close();
  channel_.reset();
  timer_.cancel();
  if (state_.status == PeerStatus::postcopy_active && !stream_ended_)
    return state_.set(PeerStatus::postcopy_paused);
  state_.set(PeerStatus::failing);
  if (state_.run_state == "finish-migrate") {
    guest_.run();
    state_.set_run_state("running");
  }
  state_.set(PeerStatus::failed);
}

}  // namespace mig::validate
