"""The words of negation, doubt, the past and other people, in English and Czech."""

from __future__ import annotations

from sessions_app.language.tokens import Language, listed
from sessions_app.language.triggers import Trigger, TriggerTable

_NEGATED = Trigger("negated")
_LISTED = Trigger("negated", is_listing=True)
# Czech verbs stand before or after their object: "nemám horečku", "horečku nemám".
_VERB = Trigger("negated", "around")
_NEGATED_AFTER = Trigger("negated", "after")
_POSSIBLE = Trigger("possible")
_HYPOTHETICAL = Trigger("hypothetical")
_PAST = Trigger("past")
_PAST_AROUND = Trigger("past", "around")
_OTHER = Trigger("other")
_OTHER_AFTER = Trigger("other", "after")
_STOP = Trigger("stop")
# Ends a negation only once it has had its term: "I don't think I have a fever".
_SOFT_STOP = Trigger("soft_stop")
# Negations that deny nothing of what stands around them: "won't stop".
_NOTHING = Trigger("nothing")

ADULTS_EN = """
    mother | mum | mom | mummy | mommy | father | dad | daddy | parents | brother | brothers |
    sister | sisters | sibling | siblings | grandmother | grandma | grandfather | grandpa |
    grandparents | granny | aunt | uncle | cousin | cousins | nephew | niece | husband | wife |
    spouse | boyfriend | girlfriend | fiance | partner | friend | friends | neighbour | neighbor |
    colleague | colleagues | coworker | roommate | flatmate | relative | relatives
"""
ADULTS_CS = """
    matka | matky | matce | matku | matkou | mama | mamy | mamu | mamka | mamce | mamky | maminka |
    maminky | mamince | maminku | maminkou | otec | otce | otci | otcem | tata | taty | tatovi |
    tatu | tatka | tatinek | tatinka | tatinkovi | rodice | rodicu | bratr | bratra | bratrovi |
    bratrem | bracha | brachy | bratri | sestra | sestry | sestre | sestru | segra | segry |
    babicka | babicky | babicce | babicku | deda | dedy | dedovi | dedecek | dedecka | dedeckovi |
    teta | tety | tete | stryc | stryce | manzel | manzela | manzelovi | manzelka | manzelky |
    manzelce | manzelku | pritel | pritele | priteli | pritelkyne | kamarad | kamarada |
    kamaradovi | kamaradka | kamaradky | kamaradce | soused | souseda | sousedka | kolega | kolegy |
    kolegove | kolegyne | bratranec | sestrenice | tchyne | tchan
"""
CHILDREN_EN = """
    son | sons | daughter | daughters | child | children | kid | kids | baby | toddler | infant |
    newborn | little one | little boy | little girl | grandson | granddaughter | grandchild
"""
CHILDREN_CS = """
    syn | syna | synovi | synek | synka | synovec | dcera | dcery | dcere | dceru | dcerka |
    dcerky | dcerce | dite | ditete | diteti | deti | detem | miminko | miminka | miminku | mimino |
    mimina | kojenec | novorozenec | batole | vnuk | vnuka | vnucka | vnucce
"""
RELATIVES = frozenset((*listed(ADULTS_EN), *listed(ADULTS_CS), *listed(CHILDREN_EN), *listed(CHILDREN_CS)))
_VERBS_CS = """
    mam | ma | mame | jsem | je | citim | ciji | boli | bolel | bolela | bolelo | boleli | kaslu |
    kasle | kaslal | kaslala | tece | zvracim | zvraci | zvracel | zvracela | pali | palilo |
    picha | svedi | svedilo | toci | mota | tresu | potim | pocituji | pocituju | zacal | zacala |
    zacalo | zacaly | mel | mela | mivam | trpim | dycham | spatne | musim | skrabe | smrkam |
    skytam | krvaci | krvacim | otekla | otekl | oteklo | tlaci | svira | busi | bije | omdlel |
    omdlela | pomocuje | dusi | place | hubne | blouzni | kulha | prujmuje | vzal | vzala | kouri
"""
# A term with one of these inside is a clause of its own.
FINITE_VERBS = frozenset(
    [*listed(_VERBS_CS), "is", "are", "was", "hurts", "feels", "aches", "burns", "itches"]
)

_ENGLISH = (
    (
        _NEGATED,
        """
            no | not | not any | never | never had | without | without any | without having | isnt |
            arent | wasnt | werent | dont | doesnt | didnt | havent | hasnt | hadnt | dont have |
            do not have | does not have | doesnt have | did not have | didnt have | havent had |
            have not had | hasnt had | has not had | havent got | havent any | dont feel | do not feel |
            dont get | im not having | not having | no longer | cant see | cannot see | havent noticed |
            have not noticed | didnt notice | nor | neither | no sign of | no signs of | free of |
            free from | none of | no evidence of | no symptoms of | no history of | never any |
            dont want to kill | dont want to hurt | dont want to harm |
            do not want to kill | do not want to hurt | do not want to harm | absence of | aint |
            nothing like | lack of any | not experiencing | not suffering
        """,
    ),
    (_LISTED, "denies|denied|deny|denying|denies any|negative for|neg for|i deny"),
    (
        _NEGATED_AFTER,
        """
            none | nil | nope | absent | is absent |
            was negative | were negative | is negative | not present |
            is not present | are not present | ruled out | excluded
        """,
    ),
    (
        _NOTHING,
        """
            no change | no increase | no relief | no better | no worse | not better |
            not getting better | isnt getting better | not improving | not going away |
            isnt going away | doesnt go away | does not go away | wont go away | will not go away |
            hasnt gone | wont stop | will not stop | doesnt stop | does not stop | cant stop |
            cannot stop | can not stop | not only | not just | no doubt | no wonder | no idea |
            not sure | not certain | dont know | do not know | didnt know | dont understand | not able |
            no matter | not necessarily | no longer able | not stopped | hasnt stopped | not relieved |
            doesnt help | does not help | didnt help | did not help | not helping | isnt helping |
            no help | nothing helps | not working | not well | not feeling well | dont feel well |
            do not feel well | dont feel good | not feeling good | not good | not great | not ok |
            not okay | not normal | not right | not usual | not sleeping | didnt sleep | cant sleep |
            no cause | no reason | dont want | didnt want | dont worry | didnt take | havent taken |
            not taking | not taken | dont like | not too bad | not so bad | not that bad |
            never before | never had before | never had anything like | never felt | never experienced |
            without warning | without stopping | without reason | without any reason |
            without doing anything | without a break
        """,
    ),
    (
        _POSSIBLE,
        """
            might have | may have | maybe | possibly | perhaps | i think | i guess | i believe |
            probably | seems | seem to have | seems like | could have | suspect | possible | likely
        """,
    ),
    (
        _HYPOTHETICAL,
        """
            if i get | if i got | if i develop | if i start | if there is | if there are | if he gets |
            if she gets | in case of | in case i | what if | should i get | afraid of getting |
            afraid it is | afraid it might be | scared it is | scared it might be | worried it is |
            worried it might be | risk of | to prevent | to avoid | wondering if | is it possible |
            could it be | can it be | leads to | can cause | could cause | like i was | as if i was |
            like i had been | as if i had been | may cause | side effects include
        """,
    ),
    (
        _HYPOTHETICAL,
        """
            not sure if | not sure whether | not sure i have | dont know if | dont know whether |
            do not know if
        """,
    ),
    (
        _PAST,
        """
            history of | past history of | previous history of | used to have | used to get |
            used to suffer | previously had | previously | in the past i had | when i was a child |
            as a child | as a kid | had once | once had
        """,
    ),
    (
        _PAST_AROUND,
        """
            years ago | year ago | months ago | last year | last month | in the past | in childhood |
            years back | decades ago | in my twenties | in my thirties
        """,
    ),
    (_OTHER, ADULTS_EN + "|" + CHILDREN_EN),
    (
        _OTHER,
        """
            family history of | family history | everyone at work | people at work | someone at work |
            someone else | somebody else | everyone else
        """,
    ),
    (
        _OTHER_AFTER,
        """
            in my family | in the family | runs in the family | runs in my family | in my mother |
            in my father | in our family | going around | going round
        """,
    ),
    (
        _STOP,
        """
            but | however | except | except for | although | though | yet | apart from | aside from |
            other than | besides | only | just | because | still have | instead | rather | otherwise |
            nevertheless | despite | in spite of | due to | which | whereas | while | and now |
            and then | then | but also | plus | also have | also | that said | now i | now have
        """,
    ),
    (
        _SOFT_STOP,
        """
            have | has | had | having | i have | i am | i do | i feel | i can | i cant | i was | i got |
            ive | im | there is | there was | feel | feels | feeling | got | get | getting | hurts |
            started | starting | it hurts | and my | and i | and he | and she | and it | and they |
            and his | and her | and their | i | is | are | was | since | for | hurt |
            ache | aches | burns | itches | itch | came | comes | began | woke | keep | keeps
        """,
    ),
)
_CZECH = (
    (
        _NEGATED,
        """
            bez | zadny | zadna | zadne | zadnou | zadneho | zadnych | zadnym | zadnymi | zadnem | ani |
            nikdy | neni tam | vubec zadna | vubec zadny | vubec zadne | uz ne | nikde | rozhodne ne
        """,
    ),
    (_LISTED, "neguje|popira|popiram|neguji|neudava|neudavaji|neudavam"),
    (
        _VERB,
        """
            nemam | nema | nemame | nemaji | nemel | nemela | nemelo | nemel jsem | nemela jsem |
            nejsem | neni | nejsou | nebyl | nebyla | nebylo | nebyly | necitim | neciti | necitil |
            necitila | nepocituji | nepocituju | nepozoruji | nepozoruju | nevsiml jsem si |
            nevsimla jsem si | netrpim | nedostal | nedostala | neobjevil | neobjevila | neobjevilo |
            nevidim | nezaznamenal | nezaznamenala | nevyskytuje | nevyskytla | nemivam | nemam zadny |
            nemam zadnou | nemam zadne | nemam ani
        """,
    ),
    (_NEGATED_AFTER, "vyloucen|vyloucena|vylouceno|nepritomen|nepritomna"),
    (
        _NOTHING,
        """
            nejen | nejenom | ne jen | neprestava | neprestavam | nemuzu prestat | nemohu prestat |
            nelepsi se | nezlepsuje | nezlepsuje se | neustupuje | neprechazi | nepomaha | nepomohlo |
            nepomohl | nepomohla | neni dobre | neni mi dobre | neni to lepsi | neni lepe |
            nejsem si jisty | nejsem si jista | nejsem si jist | nespala | nespal | nemuzu spat |
            nemohu spat | neni normalni | nedela dobre | necitim se dobre | necitim se | neciti se |
            neni mu dobre | neni ji dobre | bez duvodu | bez priciny | bez ustani | bez prestani |
            bez prestavky | bez zjevne priciny | nejde prestat | nemam poneti | nemam tuseni |
            ne ze bych | nikdy predtim | nikdy driv
        """,
    ),
    (_POSSIBLE, "asi|mozna|snad|pravdepodobne|myslim|nejspis|zrejme|spis|mam pocit|zda se"),
    (
        _HYPOTHETICAL,
        """
            kdyby | kdybych | co kdyz | v pripade | obavam se ze | bojim se ze | bojim se aby |
            strach ze | muze to byt | nemuze to byt | nebude to | riziko | jako prevence | proti |
            prevence
        """,
    ),
    (
        _PAST,
        """
            v minulosti | drive jsem mel | drive jsem mela | kdysi | v detstvi | jako dite | drive |
            prodelal jsem | prodelala jsem | prodelal | prodelala | kdysi davno | v mladi
        """,
    ),
    (_PAST_AROUND, "lety|loni|vloni|predloni|minuly rok|pred rokem|pred lety|minuly mesic"),
    (_OTHER, ADULTS_CS + "|" + CHILDREN_CS),
    (_OTHER, "rodinna anamneza|v rodine|nekdo jiny"),
    (_OTHER_AFTER, "u nas v rodine|v nasi rodine"),
    (
        _HYPOTHETICAL,
        """
            nevim jestli | nevim zda | netusim jestli | netusim zda | nejsem si jisty jestli |
            nejsem si jista jestli
        """,
    ),
    (_NEGATED_AFTER, "ne"),
    (
        _STOP,
        """
            ale | avsak | vsak | jenze | jenom | krome | pouze | jen | protoze | zato | nicmene |
            presto | akorat | naopak | jinak | i kdyz | zatimco | jelikoz | kvuli | a pak | a ted |
            nyni | navic | spise | nybrz | za to
        """,
    ),
    (_SOFT_STOP, _VERBS_CS + "|od|uz|trva"),
)

LAY_TRIGGERS: dict[Language | None, TriggerTable] = {
    "en": TriggerTable(_ENGLISH),
    "cs": TriggerTable(_CZECH),
    None: TriggerTable((*_ENGLISH, *_CZECH)),
}
