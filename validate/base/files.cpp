// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/base/files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <fstream>
#include <mutex>
#include <string_view>
#include <system_error>

#include "validate/base/errors.hpp"

namespace mig::validate {

UniqueFd::~UniqueFd() {
  if (fd_ >= 0) ::close(fd_);
}

namespace {

constexpr std::string_view temp_prefix = "migwire-";
constexpr std::time_t young =
    60;  // seconds: it may not be locked yet, and its owner not be one of our processes

UniqueFd lock_folder(const std::filesystem::path& path) {
  UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (folder && ::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) return {};
  return folder;
}

// "migwire-PID-XXXXXX"
bool owner_is_dead(const std::string& name) {
  const auto pid = std::atoi(name.c_str() + temp_prefix.size());
  return pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH;
}

bool is_left_behind(const UniqueFd& folder, const std::string& name) {
  struct stat status {};
  return ::fstat(folder.get(), &status) == 0 && status.st_uid == ::geteuid() &&
         (owner_is_dead(name) || status.st_mtime + young < std::time(nullptr));
}

// Of one of us that was killed: nobody holds its lock any more.
void remove_left_behind(const std::filesystem::path& base) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(base, ignored)) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with(temp_prefix)) continue;
    const auto folder = lock_folder(entry.path());
    if (folder && is_left_behind(folder, name)) std::filesystem::remove_all(entry.path(), ignored);
  }
}

}  // namespace

TempDir::TempDir() {
  const char* wanted = std::getenv("TMPDIR");
  const std::string base = wanted != nullptr && std::string_view(wanted).size() < 40 ? wanted : "/tmp";
  static std::once_flag once;
  std::call_once(once, remove_left_behind, base);
  auto name = base + "/" + std::string(temp_prefix) + std::to_string(::getpid()) + "-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr)
    throw CouldNotRun("cannot create a folder like " + name +
                      ": make its parent writable or set TMPDIR to one that is");
  path_ = name;
  lock_ = lock_folder(path_);
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string FileFollower::read_new() {
  if (!fd_) fd_ = UniqueFd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  if (!fd_) return text;
  std::array<char, 65536> buffer{};
  for (ssize_t n = 0; (n = ::read(fd_.get(), buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(n));
  return text;
}

void create_folder(const std::filesystem::path& path) {
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (failed)
    throw CouldNotRun("cannot create " + path.string() + ": " + failed.message() +
                      ". Choose another folder.");
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  std::ofstream out(path, std::ios::binary);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  if (!out.flush())
    throw CouldNotRun("cannot write " + path.string() + ": choose another file, or free some space");
}

std::string tail_of(const std::filesystem::path& path, std::size_t lines) {
  std::ifstream in(path);
  std::deque<std::string> last;
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) continue;
    last.push_back(line);
    if (last.size() > lines) last.pop_front();
  }
  std::string text;
  for (const auto& line : last) text += (text.empty() ? "" : " | ") + line;
  return text;
}

}  // namespace mig::validate
