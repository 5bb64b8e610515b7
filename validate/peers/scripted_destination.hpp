// SPDX-License-Identifier: GPL-2.0-or-later
// A migration destination of ours: reads the stream with the parser, loads what it says, and answers as QEMU
// 11.1 does (docs/protocol.md 9.3).
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "mig/event_sink.hpp"
#include "mig/forward_parser.hpp"
#include "mig/stream_tables.hpp"
#include "validate/peers/peer_channel.hpp"
#include "validate/peers/peer_state.hpp"
#include "validate/peers/scripted_guest.hpp"

namespace mig::validate {

class ScriptedDestination final : private EventSink {
 public:
  /// All of them outlive the destination.
  ScriptedDestination(boost::asio::io_context& io, ScriptedMemory& memory, ScriptedGuest& guest,
                      PeerState& state);
  ~ScriptedDestination();
  ScriptedDestination(const ScriptedDestination&) = delete;
  ScriptedDestination& operator=(const ScriptedDestination&) = delete;

  /// Waits for one source. Returns where: port 0 takes a free one. Throws CouldNotRun where it cannot.
  StreamEndpoint listen(const std::string& uri);
  /// Whether the guest is started when the package says so; else allow_run() starts it later.
  void start_paused() { autostart_ = false; }
  void allow_run();

 private:
  // What the package holds, in order; loaded when all of it is there.
  struct LoadDevice {
    std::string name;
    std::uint32_t version = 0;
    Buffer state;
    bool footer_is_right = true;
  };
  struct AnswerPing {
    std::uint32_t value = 0;
  };
  struct RunGuest {};
  using PackageItem = std::variant<LoadDevice, AnswerPing, RunGuest>;

  void on_event(const Event& event, Bytes raw) override;
  void on_main_event(const Event& event, Bytes raw);
  void on_package_event(const Event& event, Bytes raw);
  void on_page(const PageRecord& page);
  void on_page_data(Bytes raw);

  void accepted(StreamSocket socket);
  void received(Bytes bytes);
  void load_package();
  void load_items();
  bool load(const LoadDevice& device);
  void run_guest();
  void page_is_there(Bytes content);
  void request(std::uint32_t page);
  void complete_if_done();
  void pong(std::uint32_t value) { channel_->send(pong_message(value)); }
  void fail(const std::string& why);
  void lost(const std::string& why);
  void hang_up();

  ScriptedMemory& memory_;
  ScriptedGuest& guest_;
  PeerState& state_;
  boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol> acceptor_;
  boost::asio::steady_timer load_timer_;
  std::shared_ptr<PeerChannel> channel_;
  StreamTables tables_;
  std::optional<ForwardParser> parser_;
  std::vector<PackageItem> package_;
  bool in_package_ = false;
  std::uint32_t page_ = 0;  // whose content is coming
  Buffer page_content_;
  bool asked_before_ = false;
  bool autostart_ = true;
  bool stream_ended_ = false;
};

}  // namespace mig::validate
