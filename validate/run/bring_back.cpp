// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/run/bring_back.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <functional>
#include <optional>
#include <sstream>

#include "validate/base/child_process.hpp"
#include "validate/base/errors.hpp"
#include "validate/verdict/verdict.hpp"

namespace json = boost::json;
namespace fs = std::filesystem;

namespace mig::validate {
namespace {

constexpr Seconds listen_limit = 10;
constexpr Seconds rescue_limit = 60;
constexpr Seconds guest_limit = 20;  // to go over its memory twice
constexpr std::size_t rounds_wanted = 2;
constexpr std::uint32_t ticks_wanted = 5;

/// A rescue in the order of its steps. Each throws CouldNotRun with the reason where it fails.
class Rescue {
 public:
  Rescue(const RunSetup& setup, Driver& driver, Watcher& watcher)
      : setup_(setup), driver_(driver), watcher_(watcher), source_(driver.side(Side::source)) {}

  GuestRescue make() {
    GuestRescue result;
    result.at = watcher_.now();
    try {
      end_destination();
      start_rescue();
      resume_source();
      wait_for_rescue();
      result.took = watcher_.now() - result.at;
      end_source(result);
      watcher_.act("`cont` on the third QEMU");
      third_->require("cont");
      watch_guest();
    } catch (const CouldNotRun& error) {
      result.problem = error.what();
      watcher_.act("the rescue failed: " + result.problem);
    }
    watcher_.catch_up();
    if (source_.alive()) look_at_source(result);
    if (third_) result.guest = third_->seen();
    return result;
  }

 private:
  void end_destination() {
    auto& destination = driver_.side(Side::destination);
    if (!destination.alive()) return;
    destination.kill();
    watcher_.act("the destination is ended, so that nothing else can run the guest");
  }

  void look_at_source(GuestRescue& result) {
    source_.finish();
    result.source = source_.seen();
  }

  /// It may hold the lock of the guest's disk.
  void end_source(GuestRescue& result) {
    look_at_source(result);
    source_.kill();
    watcher_.act("the source's QEMU is ended");
  }

  void start_rescue() {
    third_ = driver_.third("rescued");
    const auto address = third_->listen(false);
    output_.emplace(setup_.folder / "rescue.stdout");
    program_.emplace(Launch{setup_.rescuer,
                            {"rescue", "--package", kept_package(setup_).string(), "--listen", "127.0.0.1:0",
                             "--to", address, "--destination-never-ran"},
                            setup_.folder / "rescue.stdout",
                            setup_.folder / "rescue.stderr"});
    if (!wait(listen_limit, [this] { return request_.has_value(); }))
      throw CouldNotRun("migreplay rescue: " + its_words());
  }

  /// What migreplay prints for the source's QMP.
  void resume_source() {
    source_.require("migrate-set-parameters", {{"max-postcopy-bandwidth", 0}});
    source_.require(std::string(request_->at("execute").as_string()), request_->at("arguments").as_object());
    watcher_.act("the source gets " + json::serialize(*request_));
  }

  void wait_for_rescue() {
    (void)wait(rescue_limit, [] { return false; });
    if (program_->exit_code() != 0) throw CouldNotRun("migreplay rescue: " + its_words());
  }

  void watch_guest() {
    (void)watch(guest_limit, [this] {
      const auto ticks = ticks_between(third_->seen().ticks, -1e9, watcher_.now());
      return ticks.count >= ticks_wanted && third_->seen().memory.verified.size() >= rounds_wanted;
    });
    third_->finish();
    if (const auto& ticks = third_->seen().ticks; !ticks.empty())
      watcher_.act(ticks.front().at, "the third QEMU's guest ticks, " + tick_text(ticks.front().first));
  }

  /// Until `met`, the limit, or migreplay's end; false unless it was `met`.
  bool wait(Seconds limit, const std::function<bool()>& met) {
    bool good = false;
    (void)watch(limit, [&] {
      read_output();
      good = met();
      return good || !program_->running();
    });
    read_output();
    return good || met();
  }

  bool watch(Seconds limit, const std::function<bool()>& until) {
    for (const auto end = watcher_.now() + limit; watcher_.now() < end; sleep_for(0.01)) {
      std::vector<StateChange> fresh;
      if (source_.alive()) source_.poll(fresh);
      third_->poll(fresh);
      if (until()) return true;
    }
    return false;
  }

  void read_output() {
    std::istringstream lines(output_->read_new());
    for (std::string line; std::getline(lines, line);) {
      const auto begin = line.find_first_not_of(' ');
      if (begin == 0) watcher_.note({watcher_.now(), "migreplay", without_folder(line)});
      if (begin != std::string::npos && line[begin] == '{')
        request_ = json::parse(line.substr(begin)).as_object();
    }
  }

  [[nodiscard]] std::string without_folder(std::string line) const {
    const auto folder = setup_.folder.string() + "/";
    const auto at = line.find(folder);
    return at == std::string::npos ? line : line.erase(at, folder.size());
  }

  [[nodiscard]] std::string its_words() const {
    const auto words = tail_of(setup_.folder / "rescue.stderr");
    return words.empty() ? "no answer within its time" : words;
  }

  const RunSetup& setup_;
  Driver& driver_;
  Watcher& watcher_;
  LiveSide& source_;
  std::unique_ptr<LiveSide> third_;
  std::optional<FileFollower> output_;
  std::optional<ChildProcess> program_;
  std::optional<json::object> request_;
};

}  // namespace

fs::path kept_package(const RunSetup& setup) { return setup.folder / "package.pcapng"; }

bool can_be_rescued(const Observations& seen, const RunSetup& setup) {
  const auto verdict = judge(seen).verdict;
  const auto& earlier = seen.earlier_destinations;
  const bool ran_there =
      !seen.destination.ticks.empty() ||
      std::any_of(earlier.begin(), earlier.end(), [](const auto& one) { return !one.ticks.empty(); });
  return (verdict == Verdict::lost || verdict == Verdict::paused) && !ran_there &&
         seen.source.process_end.empty() && seen.source.status == "postcopy-paused" &&
         fs::exists(kept_package(setup));
}

GuestRescue bring_back(const RunSetup& setup, Driver& driver, Watcher& watcher) {
  return Rescue(setup, driver, watcher).make();
}

}  // namespace mig::validate
