// SPDX-License-Identifier: GPL-2.0-or-later
#include "truth/observed_capture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "mig/fields.hpp"
#include "mig/wire.hpp"
#include "replay/capture_reader.hpp"

namespace mig::test {
namespace {

std::string hex(std::uint64_t v, bool prefix = true) {
  std::ostringstream out;
  out << (prefix ? "0x" : "") << std::hex << v;
  return out.str();
}

std::string run(const std::string& command) {
  std::string out;
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 65536> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    out.append(buffer.data(), n);
  REQUIRE(pclose(pipe) == 0);
  return out;
}

constexpr std::array<const char*, 12> command_names = {
    "INVALID",      "OPEN_RETURN_PATH",     "PING",     "POSTCOPY_ADVISE", "POSTCOPY_LISTEN",
    "POSTCOPY_RUN", "POSTCOPY_RAM_DISCARD", "PACKAGED", "ENABLE_COLO",     "POSTCOPY_RESUME",
    "RECV_BITMAP",  "SWITCHOVER_START"};

/// One connection's parser and what it says of itself.
struct Connection {
  Connection(MigrationSet& set, ConnectionId id) : parser(set, id) {}
  ConnectionParser parser;
  Channel seen;
  std::string multifd_id;
};

class Observer final : public replay::CaptureSink {
 public:
  explicit Observer(std::size_t chunk) : chunk_(chunk) {}

  void opened(ConnectionId id, const replay::ConnectionInfo&, replay::Time) override {
    connections_.push_back(std::make_unique<Connection>(set_, id));
  }
  void data(ConnectionId id, Direction direction, Bytes bytes, replay::Time) override {
    auto& c = *connections_.at(static_cast<std::size_t>(id));
    c.seen.bytes[static_cast<int>(direction)] += bytes.size();
    Sink sink(*this, c, direction);
    while (!bytes.empty()) {
      const auto n = chunk_ != 0 ? std::min(chunk_, bytes.size()) : bytes.size();
      static_cast<void>(c.parser.feed(direction, bytes.first(n), sink));
      out_.most_held = std::max(out_.most_held, c.parser.held(direction).size());
      bytes = bytes.subspan(n);
    }
  }
  void missing(ConnectionId, Direction, std::uint64_t, replay::Time) override {
    FAIL("the samples are complete");
  }
  void closed(ConnectionId id, bool reset, replay::Time) override {
    auto& c = *connections_.at(static_cast<std::size_t>(id));
    for (const auto direction : {Direction::forward, Direction::return_path}) {
      Sink sink(*this, c, direction);
      static_cast<void>(c.parser.finish(direction, sink));
    }
    if (c.parser.migration() == nullptr) return;
    c.parser.migration()->closed({id, c.parser.kind(), Direction::forward}, reset, notices_);
  }

  Observed result() {
    for (const auto& c : connections_) {
      c->seen.kind = c->parser.kind();
      for (const auto direction : {Direction::forward, Direction::return_path}) {
        const auto i = static_cast<int>(direction);
        c->seen.covered[i] +=
            c->parser.held(direction).size();  // the capture may end before the connection does
        if (const auto error = c->parser.error(direction)) c->seen.error[i] = to_string(error->code);
      }
      out_.channels.push_back(c->seen);
    }
    out_.migrations = set_.all().size();
    for (const auto& m : set_.all()) {
      out_.phase = m.phase();
      out_.source_can_go_back = m.source_can_go_back();
      out_.destination_may_run = m.destination_may_run();
      for (const auto& block : m.tables().blocks())
        out_.blocks[std::string(m.tables().name(block.name))] = block.used_length;
    }
    return out_;
  }

 private:
  struct Sink final : EventSink {
    Sink(Observer& o, Connection& c, Direction d) : observer(o), connection(c), direction(d) {}
    void on_event(const Event& event, Bytes raw) override {
      observer.event(connection, direction, event, raw);
    }
    Observer& observer;
    Connection& connection;
    Direction direction;
  };

  void event(Connection& c, Direction direction, const Event& event, Bytes raw) {
    const auto i = static_cast<int>(direction);
    if (event.range.begin != c.seen.covered[i] || event.range.size() != raw.size())
      FAIL("events do not tile the stream");
    c.seen.covered[i] = event.range.end;
    if (std::holds_alternative<Unparsed>(event.body)) c.seen.unparsed[i] += raw.size();
    if (auto* m = c.parser.migration()) {
      m->delivered({c.parser.id(), c.parser.kind(), direction}, event, notices_);
      tables_ = &m->tables();
      channel_ = c.parser.kind();
      connection_ = &c;
      std::visit([this](const auto& body) { note(body); }, event.body);
    }
  }

  std::string block(BlockId id) const { return std::string(tables_->block_name(id)); }
  void command(CommandType type, std::size_t length, bool in_package, const std::string& value = "") {
    std::string text = command_names.at(static_cast<std::size_t>(type));
    text += " " + std::to_string(length) + (value.empty() ? "" : " " + value);
    out_.commands.push_back({text, in_package});
  }
  void message(const std::string& name) { ++out_.rp_messages[name]; }

  template <class T>
  void note(const T&) {}
  void note(const SectionHeader& b) {
    out_.sections.push_back({std::string(to_string(b.type)), std::string(tables_->name(b.idstr)),
                             static_cast<std::uint32_t>(b.section), b.instance_id, b.version_id,
                             b.in_package});
  }
  void note(const Command& b) { command(b.type, 0, b.in_package); }
  void note(const Ping& b) {
    command(CommandType::ping, 4, b.in_package, hex(b.value));
    out_.pings.push_back(hex(b.value));
  }
  void note(const PostcopyAdvise& b) { command(CommandType::postcopy_advise, b.length, false); }
  void note(const RamDiscard& b) {
    command(CommandType::postcopy_ram_discard, b.length, false);
    ++out_.discard_blocks[block(b.block)];
  }
  void note(const PackageBegin& b) {
    command(CommandType::packaged, 4, false);
    out_.package_lengths.push_back(b.length);
    postcopy_ = true;
  }
  void note(const RecvBitmapRequest& b) {
    command(CommandType::recv_bitmap, block(b.block).size() + 1, false);
  }
  void note(const PageRecord& b) {
    const bool zero = b.encoding == PageEncoding::zero;
    record(zero                                 ? "ZERO"
           : b.encoding == PageEncoding::xbzrle ? "XBZRLE"
                                                : "PAGE",
           block(b.block), b.page_offset, b.flags);
  }
  void note(const RamEos&) {
    if (postcopy_) record("EOS", "", 0, wire::ram_eos);
  }
  void record(const std::string& kind, const std::string& name, std::uint64_t offset, std::uint64_t flags) {
    const auto line = hex(offset, false) + " " + hex(flags, false) + "\n";
    if (!postcopy_) {
      ++out_.precopy_records[kind];
      out_.precopy_sequence += name + " " + line;
      return;
    }
    const std::string channel = channel_ == ChannelKind::preempt ? "1" : "0";
    ++out_.postcopy_records[channel][kind];
    out_.postcopy_sequence[channel] += line;
  }
  void note(const Pong& b) { message("PONG"), out_.pongs.push_back(hex(b.value)); }
  void note(const Shut&) { message("SHUT"); }
  void note(const ResumeAck&) { message("RESUME_ACK"); }
  void note(const SwitchoverAck&) { message("SWITCHOVER_ACK"); }
  void note(const PageRequest& b) {
    message(b.names_block ? "REQ_PAGES_ID" : "REQ_PAGES");
    ++out_.request_blocks[block(b.block)];
  }
  void note(const RecvBitmap& b) {
    message("RECV_BITMAP");
    // QEMU's trace prints bytes + 8, in decimal behind its 0x.
    ++out_.bitmaps["block '" + block(b.block) + "' size 0x" + std::to_string(b.size + 8)];
  }
  void note(const MultifdInit& b) { connection_->multifd_id = std::to_string(b.channel); }
  void note(const MultifdPacket& b) {
    ++out_.multifd_by_channel[connection_->multifd_id];
    ++out_.multifd_by_flags[hex(b.flags)];
  }
  void note(const VmDescription& b) { out_.vm_description_bytes = b.length; }

  std::size_t chunk_;
  MigrationSet set_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Notice> notices_;
  Observed out_;
  const StreamTables* tables_ = nullptr;
  ChannelKind channel_ = ChannelKind::unknown;
  Connection* connection_ = nullptr;
  bool postcopy_ = false;
};

}  // namespace

Observed observe(const std::string& path, std::size_t chunk) {
  Observer observer(chunk);
  if (path.find(".migstream") == std::string::npos) {
    std::string warning;
    static_cast<void>(replay::read_capture(path, observer, warning));
    CHECK(warning.empty());
  } else {
    const auto stream = run("zstd -dcq '" + path + "'");
    observer.opened(ConnectionId{0}, {}, {});
    observer.data(ConnectionId{0}, Direction::forward, as_bytes(stream), {});
    observer.closed(ConnectionId{0}, false, {});
  }
  return observer.result();
}

std::string sha256(const std::string& text) {
  std::array<char, 32> name{"/tmp/mig-sha256-XXXXXX"};
  const int fd = mkstemp(name.data());
  REQUIRE(fd >= 0);
  FILE* file = fdopen(fd, "w");
  REQUIRE(std::fwrite(text.data(), 1, text.size(), file) == text.size());
  std::fclose(file);
  const auto sum = run("sha256sum < " + std::string(name.data()));
  std::remove(name.data());
  return sum.substr(0, 64);
}

}  // namespace mig::test
