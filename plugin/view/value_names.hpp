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

// migration/block.c BLK_MIG_FLAG_*, as they go together
inline const value_string block_flags[] = {
    {1, "DEVICE_BLOCK"}, {2, "EOS"}, {4, "PROGRESS"}, {9, "DEVICE_BLOCK, ZERO_BLOCK"}, {0, nullptr}};

// hw/s390x/s390-stattrib.c STATTR_FLAG_*; s390-skeys.c has the same numbers
inline const value_string s390_flags[] = {{1, "EOS"}, {2, "MORE"}, {4, "ERROR"}, {8, "DONE"}, {0, nullptr}};

// hw/vfio/migration.c VFIO_MIG_FLAG_*
inline const val64_string vfio_tags[] = {
    {0xffffffffef100001, "END_OF_STATE"},       {0xffffffffef100002, "DEV_CONFIG_STATE"},
    {0xffffffffef100003, "DEV_SETUP_STATE"},    {0xffffffffef100004, "DEV_DATA_STATE"},
    {0xffffffffef100005, "DEV_INIT_DATA_SENT"}, {0, nullptr}};

}  // namespace mig::plugin
