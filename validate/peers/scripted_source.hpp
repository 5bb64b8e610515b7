// SPDX-License-Identifier: GPL-2.0-or-later
// A migration source of ours: sends the real format and gives its guest away by QEMU 11.1's rules
// (docs/protocol.md 9.2, 9.4). It knows postcopy only.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "mig/event_sink.hpp"
#include "mig/return_path_parser.hpp"
#include "mig/stream_tables.hpp"
#include "validate/peers/peer_channel.hpp"
#include "validate/peers/peer_state.hpp"
#include "validate/peers/scripted_guest.hpp"
#include "validate/peers/stream_writer.hpp"

namespace mig::validate {

class ScriptedSource final : private EventSink {
 public:
  struct Rates {
    std::uint64_t precopy = 8U << 20U;  ///< bytes a second
    std::uint64_t postcopy = 0;         ///< 0: no limit
  };

  /// All of them outlive the source.
  ScriptedSource(boost::asio::io_context& io, ScriptedMemory& memory, ScriptedGuest& guest, PeerState& state);
  ~ScriptedSource();
  ScriptedSource(const ScriptedSource&) = delete;
  ScriptedSource& operator=(const ScriptedSource&) = delete;

  void set_rates(Rates rates) { rates_ = rates; }
  /// Connects and begins. Throws CouldNotRun for an address it cannot read.
  void migrate(const std::string& uri);
  /// False where no migration is active.
  [[nodiscard]] bool start_postcopy();
  /// Bytes of memory still to be sent.
  [[nodiscard]] std::uint64_t remaining() const {
    return std::uint64_t{memory_.dirty_count()} * ScriptedMemory::page_size;
  }

 private:
  void on_event(const Event& event, Bytes raw) override;
  void connected(StreamSocket socket);
  void received(Bytes bytes);
  void return_path_ended(const std::string& why);

  void iterate_soon();
  void iterate();
  void begin_stream();
  void switch_over();
  [[nodiscard]] Buffer package() const;
  void write_discards();
  void postcopy_step();
  void send_pages(std::uint64_t bytes_per_second);
  void write_page(std::uint32_t page);
  void send_requested(const PageRequest& request);
  void end_part();
  void finish_stream();
  void completed();
  void lost(const std::string& why);
  void flush();
  [[nodiscard]] bool waits_for_answer() const;

  boost::asio::io_context& io_;
  ScriptedMemory& memory_;
  ScriptedGuest& guest_;
  PeerState& state_;
  Rates rates_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<StreamSocket> connecting_;
  std::shared_ptr<PeerChannel> channel_;
  StreamWriter writer_;
  StreamTables tables_;
  std::optional<ReturnPathParser> return_path_;
  std::uint32_t cursor_ = 0;  // where the scan for dirty pages goes on
  bool postcopy_asked_ = false;
  bool package_loaded_ = false;      // PONG 0x42 was read
  bool return_path_broken_ = false;  // noticed when the source waits for an answer, or cannot write
  bool stream_ended_ = false;
};

}  // namespace mig::validate
