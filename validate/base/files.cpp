// SPDX-License-Identifier: GPL-2.0-or-later
#include "validate/base/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <system_error>

#include "validate/base/errors.hpp"

namespace mig::validate {

UniqueFd::~UniqueFd() {
  if (fd_ >= 0) ::close(fd_);
}

TempDir::TempDir() {
  const char* base = std::getenv("TMPDIR");
  std::string name =
      std::string(base != nullptr && std::string(base).size() < 40 ? base : "/tmp") + "/migwire-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr)
    throw CouldNotRun("cannot create a folder like " + name +
                      ": make its parent writable or set TMPDIR to one that is");
  path_ = name;
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
