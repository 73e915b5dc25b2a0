// SPDX-License-Identifier: Apache-2.0
#include "engine/engine_main.h"

int main(int argc, char **argv)
{
    return seatrial::engine::engineMain(argc, argv, seatrial::engine::allChecks());
}
