// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/screenshot.h"

#include "gui/app/workbench.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QPixmap>
#include <QThread>

namespace seatrial::gui {

QString takeScreenshot(Workbench& window, const QString& file, int timeoutMilliseconds)
{
    QElapsedTimer waited;
    waited.start();
    while (!window.isSettled() && waited.elapsed() < timeoutMilliseconds) {
        QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
        QThread::msleep(2);
    }
    if (!window.lastFailure().isEmpty())
        return window.lastFailure();
    if (!window.isSettled())
        return QStringLiteral("what was to be opened did not appear within %1 s").arg(timeoutMilliseconds / 1000);
    for (int i = 0; i < 5; ++i) // layouts and palettes settle in a few rounds
        QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
    return window.grab().save(file) ? QString() : QStringLiteral("cannot write %1: the ending names the format (.png), and the folder must be writable").arg(file);
}

} // namespace seatrial::gui
