// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QCoreApplication>
#include <QTest>

#include <cstdio>

/// A test that only some machines can run: where @p condition is false CTest shows it as skipped (exit status 77).
#define SEATRIAL_TEST_MAIN_IF(condition, TestClass)                                                                    \
    int main(int argc, char **argv)                                                                                   \
    {                                                                                                                 \
        if (!(condition)) {                                                                                           \
            std::puts("skipped: needs " #condition);                                                                  \
            return 77;                                                                                                \
        }                                                                                                             \
        const QCoreApplication application(argc, argv);                                                               \
        TestClass test;                                                                                               \
        return QTest::qExec(&test, argc, argv);                                                                       \
    }
