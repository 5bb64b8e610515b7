// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/log_reader.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <deque>
#include <stdexcept>
#include <utility>

#include "replay/input/log_lane.hpp"

namespace mig::replay {
namespace {

constexpr std::size_t max_line = 1U << 20;
constexpr std::uint64_t lines_a_tick = 256;

/// A line without its newline; false at the end. `whole`: it has its newline, and is not too long.
bool read_line(FILE* file, std::string& line, bool& whole) {
  line.clear();
  whole = false;
  for (int c = 0; line.size() < max_line && (c = ::getc_unlocked(file)) != EOF;) {
    if (c == '\n') return whole = true;
    line += static_cast<char>(c);
  }
  return !line.empty();
}

/// "127.0.0.1:4444", "[::1]:4444"; nullopt: of another kind.
std::optional<Endpoint> endpoint_of(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string host(text.substr(0, colon));
  const std::string port(text.substr(colon + 1));
  Endpoint out;
  out.v6 = host.starts_with('[') && host.ends_with(']');
  if (out.v6) host = host.substr(1, host.size() - 2);
  if (::inet_pton(out.v6 ? AF_INET6 : AF_INET, host.c_str(), out.address.data()) != 1) return std::nullopt;
  out.port = static_cast<std::uint16_t>(std::strtoul(port.c_str(), nullptr, 10));
  return out;
}

/// For unix sockets, as in recordings: addresses that are reserved for documentation (RFC 5737).
Endpoint stand_in(bool client, std::uint32_t id) {
  Endpoint out;
  out.address = {192, 0, 2, static_cast<std::uint8_t>(client ? 1 : 2)};
  out.port = client ? static_cast<std::uint16_t>(49152 + id % 16384) : std::uint16_t{4444};
  return out;
}

/// Of "2025-03-04T10:11:12.558966Z"; 0 for what no clock of a migration says.
Time wall_time(std::string_view text) {
  const std::string copy(text);
  std::tm utc{};
  const char* rest = ::strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &utc);
  constexpr int first_year = 70, last_year = 200;  // since 1900; nanoseconds are counted from and to there
  if (rest == nullptr || utc.tm_year < first_year || utc.tm_year > last_year) return {};
  const auto micros = *rest == '.' ? std::clamp(std::strtol(rest + 1, nullptr, 10), 0L, 999999L) : 0L;
  return std::chrono::seconds(::timegm(&utc)) + std::chrono::microseconds(micros);
}

class LogReader {
 public:
  LogReader(CaptureSink& sink, CaptureStatistics& statistics) : sink_(sink), statistics_(statistics) {}

  /// The first line. False: it is none that can be read on from.
  bool start(const LogLine& line) {
    if (line.kind() != "start" || !line.has("log_pages")) return false;
    pages_listed_ = line.flag("log_pages");
    server_ = endpoint_of(line.text("listen"));
    const Time since = std::chrono::microseconds(clipped(line.number("time_us").value_or(0)));
    epoch_ = wall_time(line.text("wall")) - since;
    sink_.from_log();
    return true;
  }

  /// What is wrong with the line, or nothing.
  std::string line(const LogLine& line, std::uint64_t number) {
    const auto since = line.number("time_us");
    if (!since) return "no time_us";
    moment_ = {std::max(moment_.time, epoch_ + std::chrono::microseconds(clipped(*since))), number};
    const auto kind = line.kind();
    if (kind == "connection") return connection(line);
    if (kind == "unit" || kind == "part" || kind == "pages") return of_stream(line, kind);
    if (kind == "warning") sink_.comment(line.text("text"), now());
    if (kind == "signal") sink_.comment(line.event(), now());
    remarks_.complete = remarks_.complete || kind == "summary";
    return {};
  }

  const LogRemarks& finish() {
    for (auto& connection : connections_) {
      if (!connection.open) continue;
      connection.forward.finish();
      connection.back.finish();
    }
    sink_.log_ended(remarks_);
    return remarks_;
  }

 private:
  struct Connection {
    LogLane forward, back;
    bool open = true;
  };
  static std::int64_t clipped(std::uint64_t micros) {
    return static_cast<std::int64_t>(std::min<std::uint64_t>(micros, 1ULL << 52));  // a century
  }
  /// Times begin with what first happens on a connection.
  Moment now() {
    if (!std::exchange(begun_, true)) {
      statistics_.first = moment_.time;
      sink_.started(moment_.time);
    }
    statistics_.last = moment_.time;
    return moment_;
  }
  Connection* named(const LogLine& line) {
    const auto number = line.number("connection").value_or(0);
    if (number == 0 || number > connections_.size()) return nullptr;
    auto& found = connections_[static_cast<std::size_t>(number - 1)];
    return found.open ? &found : nullptr;
  }

  std::string connection(const LogLine& line) {
    if (line.event() == "opened") return opened(line);
    if (line.event() == "connected") return {};
    auto* found = named(line);
    if (found == nullptr) return "a connection that is not open";
    const auto id = static_cast<std::uint32_t>(line.number("connection").value_or(1) - 1);
    if (line.event() == "refused") {
      sink_.comment("the destination refused the connection: " + std::string(line.text("reason")), now());
      return {};
    }
    const bool encrypted = line.text("channel") == "tls";
    for (auto* lane : {&found->forward, &found->back}) {
      const bool back = lane == &found->back;
      const auto sent = line.number(back ? "return_path_bytes" : "forward_bytes").value_or(0);
      if (auto wrong = lane->close(sent, encrypted, now()); !wrong.empty()) return wrong;
    }
    found->open = false;
    sink_.closed(ConnectionId{id}, line.event() == "reset" || line.flag("reset"), now());
    return {};
  }

  std::string opened(const LogLine& line) {
    const auto number = line.number("connection").value_or(0);
    if (number != connections_.size() + 1) return "connections are not opened in their order";
    const auto id = static_cast<std::uint32_t>(number - 1);
    const auto moment = now();
    ConnectionInfo info;
    info.client = endpoint_of(line.text("peer")).value_or(stand_in(true, id));
    info.server = server_.value_or(stand_in(false, id));
    sink_.opened(ConnectionId{id}, info, moment);
    connections_.push_back({LogLane(sink_, ConnectionId{id}, Direction::forward, pages_listed_),
                            LogLane(sink_, ConnectionId{id}, Direction::return_path, pages_listed_)});
    return {};
  }

  std::string of_stream(const LogLine& line, std::string_view kind) {
    auto* found = named(line);
    if (found == nullptr) return "a connection that is not open";
    const auto direction = line.text("direction");
    if (direction != "forward" && direction != "return-path") return "no direction";
    auto& lane = direction == "forward" ? found->forward : found->back;
    const auto moment = now();
    if (kind == "pages") return lane.pages(line, moment);
    if (kind == "unit" && line.text("decision") != "forwarded") sink_.comment(line.remark(), moment);
    return lane.unit(line, moment);
  }

  CaptureSink& sink_;
  CaptureStatistics& statistics_;
  std::deque<Connection> connections_;
  std::optional<Endpoint> server_;
  LogRemarks remarks_;
  Moment moment_;
  Time epoch_{};
  bool pages_listed_ = false;
  bool begun_ = false;
};

std::string at_line(const std::string& path, std::uint64_t number) {
  return path + ":" + std::to_string(number) + ": ";
}

}  // namespace

bool is_log(std::string_view first) noexcept { return first.starts_with(R"({"time_u)"); }

CaptureStatistics read_log(FILE* file, const std::string& path, CaptureSink& sink, std::string& warning,
                           const std::function<void()>& tick) {
  CaptureStatistics statistics;
  LogReader reader(sink, statistics);
  LogLine line;
  std::string text, wrong;
  bool whole = false;
  std::uint64_t number = 0;
  while (wrong.empty() && read_line(file, text, whole)) {
    ++number;
    statistics.bytes += text.size() + 1;
    if (!whole) {
      wrong = text.size() >= max_line ? "a line longer than " + std::to_string(max_line) + " bytes"
                                      : "the line is cut short: migproxy was killed, or still writes it";
    } else if (!line.parse(text)) {
      wrong = "not a line of a log";
    } else if (number == 1) {
      if (!reader.start(line))
        throw std::runtime_error(at_line(path, 1) +
                                 "not the start of a log that can be read here (migproxy must be as new as "
                                 "migreplay)");
    } else {
      wrong = reader.line(line, number);
    }
    if (tick && number % lines_a_tick == 0) tick();
  }
  statistics.packets = number;
  const bool complete = reader.finish().complete;
  if (!wrong.empty()) {
    warning = at_line(path, number) + wrong + "; what stands before it is told";
  } else if (!complete) {
    warning =
        path +
        ": the log ends without its summary: migproxy was killed, or still runs; told is what it had written";
  }
  return statistics;
}

}  // namespace mig::replay
