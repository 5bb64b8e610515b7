// SPDX-License-Identifier: GPL-2.0-or-later
// Names of values, as Wireshark wants them.
#pragma once
#include "plugin/view/ws_compat.hpp"

namespace mig::plugin {

inline char one_byte[] = " byte";
inline char many_bytes[] = " bytes";
inline unit_name_string unit_bytes = {one_byte, many_bytes};

inline const value_string section_types[] = {
    {1, "START"}, {2, "PART"}, {3, "END"}, {4, "FULL"}, {0, nullptr}};

// migration/savevm.h MIG_CMD_*
inline const value_string command_types[] = {{1, "OPEN_RETURN_PATH"},  {2, "PING"},
                                             {3, "POSTCOPY_ADVISE"},   {4, "POSTCOPY_LISTEN"},
                                             {5, "POSTCOPY_RUN"},      {6, "POSTCOPY_RAM_DISCARD"},
                                             {7, "PACKAGED"},          {8, "ENABLE_COLO"},
                                             {9, "POSTCOPY_RESUME"},   {10, "RECV_BITMAP"},
                                             {11, "SWITCHOVER_START"}, {0, nullptr}};

// migration/migration.h MIG_RP_MSG_*
inline const value_string message_types[] = {{1, "SHUT"},           {2, "PONG"},        {3, "REQ_PAGES_ID"},
                                             {4, "REQ_PAGES"},      {5, "RECV_BITMAP"}, {6, "RESUME_ACK"},
                                             {7, "SWITCHOVER_ACK"}, {0, nullptr}};

}  // namespace mig::plugin
