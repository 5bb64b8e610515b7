// SPDX-License-Identifier: GPL-2.0-or-later
// --record: both legs of every connection as a capture that Wireshark and migreplay read, with a comment
// where a rule acts and where the migration turns. docs/recording.md says what is real in it.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/record/file_writer.hpp"
#include "proxy/record/pcapng.hpp"
#include "proxy/record/tcp_synthesizer.hpp"
#include "proxy/relay/observer.hpp"

namespace mig::proxy {

class Recording final : public Observer, private TcpSynthesizer::Sink {
 public:
  struct Head {
    std::string program;  ///< with its version
    std::string listening;
    std::string connecting;
    std::vector<std::string> rules;          ///< their texts, by RuleIndex
    std::function<std::uint64_t()> clock{};  ///< nanoseconds since 1970; empty: this machine's
  };
  /// `warn` is called once if writing fails, nothing is recorded afterwards; and once if the disk is too slow.
  /// Without `pages`, packets are cut where a page's contents begin.
  Recording(boost::asio::io_context& context, FileWriter& out, std::function<void(const std::string&)> warn,
            bool pages = true);

  void start(Head head);
  void on(const RelayEvent& event) override;
  /// Writes the rest, waiting at most `patience`.
  void finish(std::chrono::milliseconds patience = std::chrono::seconds(10));

 private:
  struct CommentOn;
  /// Bytes of one direction of one leg.
  struct Place {
    LegKey leg;
    Direction direction = Direction::forward;
    std::uint64_t offset = 0;  ///< last_packet: the newest packet of the leg
  };
  static constexpr std::uint64_t last_packet = ~std::uint64_t{0};
  /// A packet that may still get a comment.
  struct Pending {
    pcapng::Block block;
    LegKey leg;
    Extent extent;
  };

  void open(const LegKey& key, const Endpoint& client, const Endpoint& server);
  [[nodiscard]] TcpSynthesizer* leg(const LegKey& key);
  void carry(const BytesMoved& moved);
  void packet(const TcpSynthesizer& leg, const TcpHead& head, const Extent& extent, Bytes payload,
              std::size_t kept) override;
  void comment(const Place& place, const std::string& text);
  void comment_last(const std::string& text);
  [[nodiscard]] Pending* find(const Place& place);
  void add_comment(Pending& packet, const std::string& text);
  [[nodiscard]] std::uint64_t now_ns() const;
  void flush_soon();
  void flush_later();
  void flush();
  void check();

  boost::asio::io_context& context_;
  FileWriter& out_;
  std::function<void(const std::string&)> warn_;
  std::vector<std::string> rules_;
  std::function<std::uint64_t()> clock_;
  boost::asio::steady_timer timer_;
  std::chrono::system_clock::time_point wall_start_ = std::chrono::system_clock::now();
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::optional<PageCutter> cutter_;  // none: page contents are recorded
  std::map<LegKey, TcpSynthesizer> legs_;
  std::deque<Pending> pending_;
  std::size_t pending_bytes_ = 0;
  std::vector<std::string> next_comments_;  // of the packet that comes next
  std::optional<Place> here_;               // of the unit that a notice is about
  std::uint64_t cut_packets_ = 0;
  bool flush_posted_ = false;
  bool flush_armed_ = false;
};

}  // namespace mig::proxy
