// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay/input/privileges.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mig::replay {
namespace {

struct User {
  uid_t uid;
  gid_t gid;
};

std::optional<id_t> number_in_environment(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  const std::string_view digits = text;
  id_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<User> sudo_user() {
  const auto uid = number_in_environment("SUDO_UID"), gid = number_in_environment("SUDO_GID");
  if (!uid || !gid || *uid == 0) return std::nullopt;
  return User{*uid, *gid};
}

User nobody() {
  constexpr id_t overflow = 65534;  // the kernel's number for it
  const auto* entry = ::getpwnam("nobody");
  return entry != nullptr ? User{entry->pw_uid, entry->pw_gid} : User{overflow, overflow};
}

void become(const User& user) {
  const bool done = ::setgroups(0, nullptr) == 0 && ::setresgid(user.gid, user.gid, user.gid) == 0 &&
                    ::setresuid(user.uid, user.uid, user.uid) == 0;
  if (!done) throw std::runtime_error(std::string("cannot give up root: ") + std::strerror(errno));
}

}  // namespace

void drop_privileges(bool keep_without_sudo) {
  if (::geteuid() != 0) return;
  if (const auto user = sudo_user()) {
    become(*user);
  } else if (!keep_without_sudo) {
    become(nobody());
  }
}

}  // namespace mig::replay
