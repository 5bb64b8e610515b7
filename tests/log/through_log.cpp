// SPDX-License-Identifier: GPL-2.0-or-later
#include "log/through_log.hpp"

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <deque>

#include "proxy/engine/fault_session.hpp"
#include "proxy/report/json_log.hpp"
#include "proxy/report/page_folder.hpp"
#include "proxy/rules/rule_parser.hpp"
#include "replay/analyses/summary_json.hpp"
#include "replay/analysis.hpp"
#include "replay/input/log_reader.hpp"

namespace mig::test {
namespace {

using namespace mig::proxy;
namespace json = boost::json;

std::vector<FaultRule> rules_of(const std::vector<std::string>& texts) {
  std::vector<FaultRule> rules;
  for (const auto& text : texts) rules.push_back(std::get<FaultRule>(parse_rule(text)));
  return rules;
}

SessionOptions options(bool log_pages) {
  SessionOptions out;
  out.note_pages = out.note_parts = true;
  out.note_packet_pages = log_pages;
  return out;
}

/// A relay without sockets: what a plan sends goes to an analysis, what it notes to the log. A pause is over
/// at once; what waits for a signal or a timer waits for the end of the stream.
class Through final : public replay::CaptureSink {
 public:
  Through(const std::vector<std::string>& rules, bool log_pages, int fd, std::uint64_t break_at)
      : lines_(context_, fd, std::chrono::milliseconds(100)),
        log_(lines_, rules, log_pages),
        folder_(context_, log_),
        out_(log_pages ? static_cast<Observer&>(log_) : folder_),
        session_(rules_of(rules), options(log_pages)),
        left_(break_at) {
    log_.started("127.0.0.1:4444", "127.0.0.1:4445", "test");
  }

  void opened(ConnectionId id, const replay::ConnectionInfo& info, replay::Moment moment) override {
    OutputPlan plan;
    REQUIRE(session_.open_connection(plan) == id);
    analysis.opened(id, info, moment);
    open_.push_back(true);
    traffic_.emplace_back();
    const auto who = this->who(id);
    out_.on(Opened{who, Endpoint(), Endpoint()});
  }
  void data(ConnectionId id, Direction direction, Bytes bytes, replay::Moment moment) override {
    moment_ = moment;
    const bool breaks = id == ConnectionId{0} && direction == Direction::forward && bytes.size() >= left_;
    if (breaks) bytes = bytes.first(static_cast<std::size_t>(left_));
    if (id == ConnectionId{0} && direction == Direction::forward) left_ -= bytes.size();
    while (!bytes.empty() && is_open(id)) {  // the folder's runs end where a chunk does not
      const auto n = std::min<std::size_t>(bytes.size(), 1500);
      OutputPlan plan;
      session_.feed(id, direction, bytes.first(n), plan);
      run(id, direction, plan);
      bytes = bytes.subspan(n);
    }
    settle();
    if (breaks) end(id, true, Ending::reset);
  }
  void missing(ConnectionId, Direction, std::uint64_t, replay::Moment) override { FAIL("a gap in a sample"); }
  void closed(ConnectionId id, bool reset, replay::Moment moment) override {
    if (!is_open(id)) return;
    moment_ = moment;
    for (const auto direction : {Direction::forward, Direction::return_path}) {
      if (reset) break;
      OutputPlan plan;
      session_.end_of_stream(id, direction, plan);
      run(id, direction, plan);
      settle();
    }
    end(id, reset, reset ? Ending::reset : Ending::orderly);
  }
  void finish() {
    folder_.flush();
    log_.summary(proxy::Summary());
    lines_.finish();
    analysis.finish(moment_.time);
  }

  replay::SummaryCollector summary;
  replay::Analysis analysis{{&summary}};

 private:
  [[nodiscard]] bool is_open(ConnectionId id) const { return open_.at(static_cast<std::size_t>(id)); }
  [[nodiscard]] Who who(ConnectionId id) const {
    const auto& parser = session_.connection(id);
    return {id, parser.kind(), parser.migration()};
  }
  void end(ConnectionId id, bool reset, Ending ending) {
    if (!is_open(id)) return;
    open_[static_cast<std::size_t>(id)] = false;
    const auto who = this->who(id);
    static_cast<void>(session_.closed(id, Direction::forward, reset));
    out_.on(Closed{who, ending, Direction::forward, traffic_[static_cast<std::size_t>(id)], reset});
    analysis.closed(id, reset, moment_);
  }
  void settle() {
    while (auto pending = session_.take_pending())
      run(pending->connection, pending->direction, pending->plan);
  }
  void run(ConnectionId id, Direction direction, const OutputPlan& plan) {
    auto& sent = traffic_[static_cast<std::size_t>(id)].sent[static_cast<std::size_t>(direction)];
    for (const auto& step : plan.steps()) {
      if (!is_open(id)) return;
      if (const auto* send = std::get_if<Send>(&step)) {
        analysis.data(id, direction, send->bytes, moment_);
        sent += send->bytes.size();
      } else if (const auto* note = std::get_if<Note>(&step)) {
        static_cast<void>(session_.delivered(*note));
        const auto who = this->who(id);
        out_.on(UnitDone{who, *note, sent});
      } else if (const auto* close = std::get_if<Close>(&step)) {
        if (close->how == CloseHow::half_close) continue;
        end(id, close->how == CloseHow::reset, Ending::fault);
      }
    }
  }

  boost::asio::io_context context_;
  LineWriter lines_;
  JsonLog log_;
  PageFolder folder_;
  Observer& out_;
  FaultSession session_;
  std::uint64_t left_;  // until the first connection breaks on its way forward
  std::vector<bool> open_;
  std::deque<Traffic> traffic_;
  replay::Moment moment_;
};

class MemoryFile {
 public:
  MemoryFile() : fd_(::memfd_create("log", 0)) { REQUIRE(fd_ >= 0); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(fd_); }
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::string text() const {
    std::string out;
    std::array<char, 65536> piece{};
    ::lseek(fd_, 0, SEEK_SET);
    for (ssize_t n = 0; (n = ::read(fd_, piece.data(), piece.size())) > 0;)
      out.append(piece.data(), static_cast<std::size_t>(n));
    return out;
  }

 private:
  int fd_;
};

void tell(const std::string& text, std::string& warning, replay::Analysis& analysis) {
  FILE* file = ::fmemopen(const_cast<char*>(text.data()), text.size(), "r");
  REQUIRE(file != nullptr);
  const auto statistics = replay::read_log(file, "run.log", analysis, warning, {});
  std::fclose(file);
  analysis.finish(statistics.last);
}

}  // namespace

json::object read_log_text(const std::string& text, std::string& warning) {
  replay::SummaryCollector summary;
  replay::Analysis analysis({&summary});
  tell(text, warning, analysis);
  return replay::to_json(summary);
}

std::uint64_t events_of_log(const std::string& text) {
  struct Counter final : replay::Consumer {
    void event(const replay::Seen&, const Event&, Bytes) override { ++events; }
    std::uint64_t events = 0;
  } counter;
  std::string warning;
  replay::Analysis analysis({&counter});
  tell(text, warning, analysis);
  return counter.events;
}

LoggedRun run_with_log(const std::string& capture, const std::vector<std::string>& rules, bool log_pages,
                       std::uint64_t break_at) {
  MemoryFile file;
  Through through(rules, log_pages, file.fd(), break_at);
  std::string warning;
  static_cast<void>(replay::read_capture(capture, through, warning));
  CHECK(warning.empty());
  through.finish();
  LoggedRun out;
  out.bytes = replay::to_json(through.summary);
  out.text = file.text();
  out.log = read_log_text(out.text, out.warning);
  return out;
}

json::value without_times(json::value value) {
  if (auto* array = value.if_array()) {
    for (auto& entry : *array) entry = without_times(std::move(entry));
  } else if (auto* object = value.if_object()) {
    for (const auto* key : {"time", "packet", "start", "end", "src", "dst", "interface"}) object->erase(key);
    for (auto& [key, entry] : *object) entry = without_times(std::move(entry));
  }
  return value;
}

void check_same(const LoggedRun& run, const std::set<std::string>& unknown) {
  CHECK(run.warning.empty());
  const auto& bytes = run.bytes.at("migrations").as_array();
  const auto& log = run.log.at("migrations").as_array();
  REQUIRE(bytes.size() == log.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const auto& [key, value] : bytes[i].as_object()) {
      if (unknown.contains(std::string(key))) continue;
      CAPTURE(std::string(key));
      CHECK(json::serialize(without_times(value)) ==
            json::serialize(without_times(log[i].as_object().at(key))));
    }
  }
}

}  // namespace mig::test
