// SPDX-License-Identifier: GPL-2.0-or-later
#include "proxy/program.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/signal_set.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <utility>

#include "proxy/record/package_keeper.hpp"
#include "proxy/record/recording.hpp"
#include "proxy/relay/relay.hpp"
#include "proxy/report/json_log.hpp"
#include "proxy/report/judge.hpp"
#include "proxy/report/page_run_aggregator.hpp"
#include "proxy/report/summary.hpp"
#include "proxy/report/trace.hpp"
#include "proxy/rules/rule_conflict.hpp"
#include "proxy/virsh_line.hpp"

namespace mig::proxy {
namespace {

using std::chrono::milliseconds;

/// An output file. What was in it stays until start(): a start that fails loses nothing.
class File {
 public:
  enum class Access : mode_t { everybody = 0666, owner = 0600 };

  File(const char* what, const std::string& name, Access access) {
    if (name.empty()) return;
    // Guest memory must not end up in another file because of a symbolic link; /dev/stdout is one on purpose.
    const bool device = name.starts_with("/dev/") || name.starts_with("/proc/");
    const int follow = access == Access::owner && !device ? O_NOFOLLOW : 0;
    fd_ = ::open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | follow, static_cast<mode_t>(access));
    if (fd_ >= 0) return;
    const std::string why = errno == ELOOP ? "it is a symbolic link" : std::strerror(errno);
    throw std::runtime_error(std::string("cannot write the ") + what + " " + name + ": " + why);
  }
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int fd() const noexcept { return fd_; }
  void start() const {
    if (is_regular(status())) (void)!::ftruncate(fd_, 0);
  }
  [[nodiscard]] bool is_same_as(const File& other) const {
    const auto mine = status();
    const auto its = other.status();
    return is_regular(mine) && is_regular(its) && mine.st_dev == its.st_dev && mine.st_ino == its.st_ino;
  }

 private:
  static bool is_regular(const struct stat& status) { return S_ISREG(status.st_mode); }
  [[nodiscard]] struct stat status() const {
    struct stat status {};
    if (fd_ >= 0) ::fstat(fd_, &status);
    return status;
  }

  int fd_ = -1;
};

/// ":4444" names no interface.
bool listens_everywhere(const std::string& listen) {
  const auto address = parse_address(listen);
  return address.kind == Address::Kind::tcp && address.host.empty();
}

bool has_all_lines(const std::string& name, std::uint64_t left_out) {
  if (left_out == 0) return true;
  std::cerr << "migproxy: the log " << name << " is not complete: it could not be written fast enough, "
            << left_out << " lines are missing\n";
  return false;
}

bool is_complete(const char* what, const std::string& name, int error) {
  if (error == 0) return true;
  std::cerr << "migproxy: the " << what << " " << name << " is not complete: " << std::strerror(error)
            << '\n';
  return false;
}

std::vector<std::string> texts_of(const std::vector<FaultRule>& rules) {
  std::vector<std::string> texts;
  texts.reserve(rules.size());
  for (const FaultRule& rule : rules) texts.push_back(rule.name);
  return texts;
}

/// Everything of one run, in the order in which it depends on each other.
class Program {
 public:
  Program(const Options& options, std::vector<FaultRule> rules)
      : options_(options),
        destination_(connect_endpoints(parse_address(options.connect))),
        virsh_(options.virsh ? virsh_line(parse_address(options.listen), parse_address(options.connect))
                             : ""),
        file_("log", options.log, File::Access::everybody),
        record_file_("recording", options.record, File::Access::owner),
        listener_(context_, parse_address(options.listen)),
        log_lines_(context_, file_.fd(), milliseconds(options.line_buffered ? 0 : 100)),
        screen_(context_, STDOUT_FILENO, milliseconds(options.line_buffered ? 0 : 40)),
        texts_(texts_of(rules)),
        conflicts_(conflicts(rules)),
        log_(log_lines_, texts_, options.log_pages, start_),
        trace_(screen_, texts_, {options.trace, wants_colour(STDOUT_FILENO)}, start_),
        page_runs_(context_, folded_),
        record_writer_(record_file_.fd()),
        recording_(
            context_, record_writer_, [this](const std::string& text) { all_.on(Warned{text}); },
            options.record_pages),
        session_(std::move(rules), session_options()),
        judge_(all_),
        relay_(context_, listener_, session_, all_, relay_options()),
        ends_(context_, SIGINT, SIGTERM, SIGHUP),
        users_(context_, SIGUSR1, SIGUSR2) {
    if (file_.is_same_as(record_file_))
      throw std::invalid_argument("--log and --record name the same file: " + options.log);
    keep_package();
    file_.start();
    record_file_.start();
    if (has_log()) (options.log_pages ? all_ : folded_).add(log_);
    if (!options.quiet) folded_.add(trace_);
    all_.add(page_runs_);
    if (record_writer_.is_open()) all_.add(recording_);
    all_.add(judge_);
  }

  Exit run() {
    screen_.add("listening on " + listener_.name());
    if (!virsh_.empty()) screen_.add(virsh_);
    if (!options_.quiet)
      for (const auto& rule : session_.book().rules()) screen_.add("rule " + print_in_full(rule));
    screen_.finish();
    if (has_log()) log_.started(listener_.name(), options_.connect, MIG_VERSION);
    recording_.start({"migproxy " MIG_VERSION, listener_.name(), options_.connect, texts_});
    wait_for_end();
    wait_for_user();
    if (listens_everywhere(options_.listen))
      all_.on(Warned{"listening on all interfaces: every program that reaches this machine can connect; " +
                     ("127.0.0.1" + options_.listen) + " is for this machine only"});
    for (const std::string& sentence : conflicts_) all_.on(Warned{sentence});
    relay_.start();
    context_.run();
    relay_.stop();
    page_runs_.flush();
    relay_.deliver_pending();
    return conclude();
  }

 private:
  void keep_package() {
    const auto& path = options_.keep_package;
    if (path.empty()) return;
    for (const auto& other : {options_.log, options_.record})
      if (!other.empty() &&
          std::filesystem::weakly_canonical(other) == std::filesystem::weakly_canonical(path))
        throw std::invalid_argument("--keep-package needs a file of its own, not " + other);
    keeper_.emplace(path, "migproxy " MIG_VERSION,
                    [this](const std::string& text) { all_.on(Warned{text}); });
    all_.add(*keeper_);
  }

  [[nodiscard]] bool has_log() const noexcept { return file_.fd() >= 0; }

  [[nodiscard]] SessionOptions session_options() const {
    SessionOptions session;
    session.seed = options_.seed.value_or(0);
    session.note_pages = has_log() || options_.trace;
    session.note_parts = has_log();
    session.note_packet_pages = has_log() && options_.log_pages;
    return session;
  }

  RelayOptions relay_options() {
    return {destination_, options_.once,
            milliseconds(static_cast<std::int64_t>(options_.once_grace_seconds * 1000)),
            [this] { context_.stop(); }};
  }

  void wait_for_end() {
    ends_.async_wait([this](const boost::system::error_code& error, int number) {
      if (error) return;
      ends_.clear();  // the next one ends the process at once
      say_signal(number);
      context_.stop();
    });
  }

  void wait_for_user() {
    users_.async_wait([this](const boost::system::error_code& error, int number) {
      if (error) return;
      say_signal(number);
      relay_.signal(number);
      wait_for_user();
    });
  }

  void say_signal(int number) {
    const std::string name = std::string("SIG") + ::sigabbrev_np(number);
    all_.on(Signalled{name});
  }

  Exit conclude() {
    recording_.finish();
    const Summary summary = summarize(session_, relay_, judge_);
    if (log_lines_.lines_left_out() != 0) log_lines_.finish();  // room for the last line
    if (has_log()) log_.summary(summary, log_lines_.lines_left_out());
    if (!options_.quiet) screen_.add("\n" + to_text(summary));
    log_lines_.finish();
    screen_.finish();
    const bool logged = is_complete("log", options_.log, log_lines_.error());
    const bool recorded = is_complete("recording", options_.record, record_writer_.error());
    const bool whole = has_all_lines(options_.log, log_lines_.lines_left_out());
    const bool kept = !keeper_ || keeper_->complete();
    if (!logged || !recorded || !whole || !kept) return Exit::failure;
    if (summary.refused != 0 && summary.connections == 0) {
      std::cerr << "migproxy: no connection reached the destination " << options_.connect
                << ": is it listening there?\n";
      return Exit::failure;
    }
    return summary.all_fired ? Exit::fine : Exit::never_fired;
  }

  const Options& options_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();  // of log and trace
  std::vector<Endpoint> destination_;
  std::string virsh_;
  File file_;
  File record_file_;
  boost::asio::io_context context_{1};
  Listener listener_;
  LineWriter log_lines_;
  LineWriter screen_;
  std::vector<std::string> texts_;
  std::vector<std::string> conflicts_;
  JsonLog log_;
  Trace trace_;
  Observers folded_;
  PageRunAggregator page_runs_;
  FileWriter record_writer_;
  Recording recording_;
  std::optional<PackageKeeper> keeper_;
  Observers all_;
  FaultSession session_;
  Judge judge_;
  Relay relay_;
  boost::asio::signal_set ends_;
  boost::asio::signal_set users_;
};

}  // namespace

Exit run(const Options& options, std::vector<FaultRule> rules) {
  return Program(options, std::move(rules)).run();
}

}  // namespace mig::proxy
