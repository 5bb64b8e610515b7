// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/commands/capture_input.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>

#include "replay/analyse_file.hpp"
#include "replay/analyses/words.hpp"
#include "replay/commands/command.hpp"
#include "replay/commands/complain.hpp"
#include "replay/commands/progress.hpp"
#include "replay/input/privileges.hpp"

namespace mig::replay {

void CaptureInput::declare(OptionTable& options, bool several) {
  declare_input(options, several);
  options.flag("--json", json, "one JSON object a line");
}

void CaptureInput::declare_files(OptionTable& options, bool several) {
  options.files(
      "FILE", files,
      "captures (pcap, pcapng), migration streams, save images of libvirt, qcow2 images with snapshots; "
      "plain or compressed; - is standard input. Files that continue a connection, or have it too, are one "
      "capture",
      true, false);
  single_ = !several;
}

void CaptureInput::declare_input(OptionTable& options, bool several) {
  declare_files(options, several);
  options.text("-i,--interface", interface,
               "capture on this interface (any: on all) until Ctrl-C, instead of FILE");
  options.text("--capture-filter", filter,
               "with -i: only these packets, in tcpdump's words: \"tcp port 4444\"");
  options.text("--offset", offset,
               "the migration stream begins at this byte of FILE (0x1000 is hexadecimal)");
  options.text("--snapshot", snapshot, "of a qcow2 image only the internal snapshot of this name or id");
  options.number("--migration", migration, "only this one of several in a capture, counted from 1");
  options.choice(
      "--leg", leg, {"source", "destination"},
      "of a recording of migproxy only what it exchanged with the source, or with the destination");
}

std::string CaptureInput::read_live(CaptureDecoder& analysis) const {
  std::signal(SIGINT, [](int) { stop_live(); });
  std::signal(SIGTERM, [](int) { stop_live(); });
  std::string warning;
  const auto source = open_live(interface, filter);
  drop_privileges(writes_file);
  const auto statistics = read_capture(*source, analysis, warning);
  analysis.finish_capture(statistics);
  return warning;
}

namespace {

/// "a.pcap, b.pcap: one capture. The clock of b.pcap is ..."
std::string joined_text(const CaptureParts& parts) {
  std::string names, clocks;
  for (const auto& part : parts) {
    names += (names.empty() ? "" : ", ") + part.path;
    if (part.clock_ahead == Time{} && !part.within) continue;
    const bool behind = part.clock_ahead < Time{};
    clocks += "; the clock of " + part.path + " is " +
              duration_text(behind ? -part.clock_ahead : part.clock_ahead) +
              (behind ? " behind that of " : " ahead of that of ") + parts.front().path + " (+/- " +
              duration_text(part.within.value_or(Time{})) + "), which is taken off its times";
  }
  return names + ": read as one capture" + clocks;
}

std::optional<std::uint64_t> offset_in_file(const std::string& text) {
  if (text.empty()) return std::nullopt;
  char* end = nullptr;
  errno = 0;
  const auto value = std::strtoull(text.c_str(), &end, 0);
  if (errno != 0 || *end != '\0' || text.front() < '0' || text.front() > '9')
    throw std::runtime_error("--offset " + text + ": is no number of bytes");
  return value;
}

}  // namespace

std::string CaptureInput::read_file(const std::string& path, CaptureDecoder& analysis) const {
  // Ctrl-C reaches both ends of a pipe: the writer ends, and what it wrote is still reported. Another one
  // ends us.
  if (path == "-") std::signal(SIGINT, [](int) { std::signal(SIGINT, SIG_DFL); });
  auto file = open_packed(path);
  const auto position = std::move(file.position);
  Progress progress(path == "-" ? "standard input" : path, position);
  std::string warning;
  ReadOptions options;
  options.tick = [&progress] { progress.tick(); };
  if (!leg.empty()) options.interface = leg + " leg";
  options.stream = {offset_in_file(offset), snapshot};
  static_cast<void>(analyse(std::move(file), path, analysis, warning, options));
  return warning;
}

void CaptureInput::join() {
  names_ = interface.empty() ? files : std::vector{interface};
  if (files.size() < 2) return;
  names_.clear();
  for (auto& parts : join_captures(files)) {
    std::string name;
    for (const auto& part : parts) name += (name.empty() ? "" : ", ") + part.path;
    names_.push_back(name);
    if (parts.size() > 1) joined_[name] = std::move(parts);
  }
}

const CaptureParts& CaptureInput::parts(const std::string& name) const {
  static const CaptureParts none;
  const auto found = joined_.find(name);
  return found == joined_.end() ? none : found->second;
}

std::string CaptureInput::read_joined(const CaptureParts& parts, CaptureDecoder& analysis) const {
  std::string warning;
  ReadOptions options;
  if (!leg.empty()) options.interface = leg + " leg";
  const auto source = open_joined(parts);
  analysis.finish_capture(read_capture(*source, analysis, warning, options));
  return warning;
}

bool CaptureInput::read(const std::string& path, CaptureDecoder& analysis) const {
  const auto& several = parts(path);
  const auto warning = !several.empty()    ? read_joined(several, analysis)
                       : interface.empty() ? read_file(path, analysis)
                                           : read_live(analysis);
  if (!warning.empty()) complain(warning);
  return warning.empty() && !analysis.migrations().all().empty();
}

void CaptureInput::require_migration(const std::string& path, const CaptureDecoder& analysis) const {
  const auto there = analysis.migrations().all().size();
  if (migration > there) throw std::runtime_error(path + ": " + no_such_migration(migration, there));
}

std::string CaptureInput::none_found(const std::string& path) const {
  auto out = readable(path) + ": no migration found";
  if (!leg.empty()) out += " of the " + leg + " leg, which only a recording of migproxy has";
  return out + "\n";
}

int CaptureInput::for_each(const std::function<bool(const std::string&)>& each) {
  if (interface.empty() == files.empty()) {
    std::fputs("migreplay: either FILE or -i INTERFACE is needed; --help says more\n", stderr);
    return 2;
  }
  bool fine = true;
  join();
  if (single_ && names_.size() > 1) {
    complain("one capture at a time, and " + names_[1] + " does not belong to " + names_[0]);
    return 2;
  }
  for (const auto& name : names_) {
    try {
      if (const auto& several = parts(name); !several.empty()) complain(joined_text(several));
      fine = each(name) && fine;
    } catch (const std::exception& e) {
      complain(e.what());
      fine = false;
    }
  }
  return fine ? 0 : 1;
}

}  // namespace mig::replay
