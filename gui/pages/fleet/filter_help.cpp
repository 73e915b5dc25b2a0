// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/pages/fleet/filter_help.h"

#ifndef Q_MOC_RUN // moc of Qt 6.4 does not parse <concepts>
#include "core/domain/node_query.h"
#endif
#include "gui/widgets/words_label.h"

#include <QGridLayout>
#include <QPushButton>
#include <QScreen>
#include <QVBoxLayout>

#include <algorithm>

namespace seatrial::gui {

namespace {

QString fromView(std::string_view text) { return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())); }

} // namespace

FilterHelp::FilterHelp(QWidget* parent) : QFrame(parent, Qt::Popup)
{
    setFrameShape(QFrame::StyledPanel);
    setAutoFillBackground(true);
    setAccessibleName(tr("How filters are written"));
    auto* rows = new QVBoxLayout(this);
    rows->setContentsMargins(18, 14, 18, 14);
    rows->setSpacing(10);
    rows->addWidget(new WordsLabel(tr("How filters are written"), TypeRole::Section));
    rows->addWidget(new WordsLabel(tr("Words alone: every one must occur in name, rack, state or reason. Upper and lower case are the same."), TypeRole::Row, &Theme::text2));
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(18);
    grid->setVerticalSpacing(3);
    grid->setColumnStretch(1, 1);
    int row = 0;
    for (const auto& field : domain::queryFields()) {
        auto* name = new WordsLabel(fromView(field.name), TypeRole::Row, &Theme::accentInk);
        name->setWeight(QFont::DemiBold);
        grid->addWidget(name, row, 0);
        grid->addWidget(new WordsLabel(fromView(field.help), TypeRole::Row), row, 1);
        ++row;
    }
    rows->addLayout(grid);
    rows->addWidget(new WordsLabel(tr("==  !=  ~ (contains)  !~  <  <=  >  >=  in (a set)    and  or  not  ( )    quotes round blanks"), TypeRole::Row, &Theme::text2));
    rows->addWidget(new WordsLabel(tr("Examples"), TypeRole::Section));
    for (const char* example : {"rack==R2 and verdict!=qualified", "node in n[01-08] and not state==unreachable", "check~memory or reason~\"no answer\"", "(verdict in marginal,failed) and unit>20"}) {
        auto* button = new QPushButton(QString::fromLatin1(example));
        button->setToolTip(tr("Use this one"));
        connect(button, &QPushButton::clicked, this, [this, example] {
            emit exampleChosen(QString::fromLatin1(example));
            close();
        });
        rows->addWidget(button, 0, Qt::AlignLeft);
    }
}

void FilterHelp::showBelow(QWidget& anchor)
{
    adjustSize();
    QPoint place = anchor.mapToGlobal(QPoint(0, anchor.height() + 4));
    if (const QScreen* screen = anchor.screen()) {
        const QRect room = screen->availableGeometry();
        place.setX(std::clamp(place.x(), room.left(), std::max(room.left(), room.right() - width())));
        place.setY(std::clamp(place.y(), room.top(), std::max(room.top(), room.bottom() - height())));
    }
    move(place);
    show();
    if (auto* first = findChild<QPushButton*>())
        first->setFocus(Qt::PopupFocusReason);
}

} // namespace seatrial::gui
